"""Firefox, driven through Marionette: the protocol under geckodriver, one JSON list after another on a plain socket.

Playwright can not drive the Firefox that Debian ships, and nothing more is needed here: the protocol is synchronous as
the tests are, and what it runs in a page is not held back by the page's rule against evaluated text.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.support.call_page import LIVE_TIMEOUT_MS
from tests.support.network import MACHINE, Network
from tests.support.running_program import running_program
from tests.support.sound_server import PULSEAUDIO, running_sound_server

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
START_TIMEOUT_S = 60
POLL_S = 0.1

#: The last lets the driver clear the cache.
ARGUMENTS = ("--headless", "--no-remote", "--marionette", "--remote-allow-system-access")

Preferences = Mapping[str, bool | int | str]
#: A made-up camera and microphone, no question to the person, no request to anywhere but the page's own server.
PREFERENCES: Preferences = {
    "marionette.port": 0,
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.gmp-manager.updateEnabled": False,
    "intl.accept_languages": "en",
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}

#: An add-on of one script, which Firefox runs in each page before the page's own and outside of its rules.
LAID_IN = {
    "manifest_version": 2,
    "name": "Laid in by the tests",
    "version": "1",
    "browser_specific_settings": {"gecko": {"id": "laid-in@tests.invalid"}},
    "content_scripts": [{"matches": ["<all_urls>"], "js": ["laid-in.js"], "run_at": "document_start", "world": "MAIN"}],
}

#: Presses as a person does: only what can be seen and pressed, and what covers a button takes the press.
PRESS = """
const button = [...document.querySelectorAll('button[data-action="' + arguments[0] + '"]')]
    .find((each) => !each.disabled && each.checkVisibility());
if (button) { button.scrollIntoView({block: "center"}); }
return button ?? null;
"""


def missing_for_firefox() -> str | None:
    """Return why no Firefox can be run here, or None."""
    if FIREFOX is None:
        return "Firefox ESR is not installed (apt-get install firefox-esr)"
    if PULSEAUDIO is None:
        return "PulseAudio is not installed (apt-get install pulseaudio)"
    return None


class MarionetteError(Exception):
    """Firefox could not do what it was told."""


@dataclass
class Marionette:
    """One connection to a running Firefox; one command at a time."""

    sock: socket.socket
    answers: IO[bytes]
    last: int = 0

    def call(self, name: str, **parameters: object) -> object:
        """Do one command and return its answer."""
        self.last += 1
        told = json.dumps([0, self.last, name, parameters]).encode()
        self.sock.sendall(b"%d:%s" % (len(told), told))
        _, number, error, result = json.loads(self.read())
        assert number == self.last
        if error:
            raise MarionetteError(f"{name}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def read(self) -> bytes:
        """Return the next answer: its length in digits, a colon, the bytes."""
        length = b""
        while (byte := self.answers.read(1)) != b":":
            if not byte:
                raise MarionetteError("Firefox has gone")
            length += byte
        return self.answers.read(int(length))


@dataclass
class FirefoxPage:
    """Firefox's one tab, with the words that tests use for a page of Playwright's."""

    firefox: Marionette

    def goto(self, url: str) -> None:
        self.firefox.call("WebDriver:Navigate", url=url)

    def run(self, script: str, *arguments: object) -> Any:
        """Run the body of a function in the page and return what it returns, awaited."""
        return self.firefox.call("WebDriver:ExecuteScript", script=script, args=list(arguments))

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, awaited."""
        return self.run(f"return {expression}")

    def lay_in(self, script: str) -> None:
        """Run a script in each page that is opened from now on, before the page's own."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as addon:
            addon.writestr("manifest.json", json.dumps(LAID_IN))
            addon.writestr("laid-in.js", script)
        self.firefox.call("Addon:Install", addon=base64.b64encode(packed.getvalue()).decode(), temporary=True)

    def clear_cache(self) -> None:
        """Forget what was kept of pages, but for cookies."""
        self.firefox.call("Marionette:SetContext", value="chrome")
        try:
            self.run("Services.cache2.clear()")
        finally:
            self.firefox.call("Marionette:SetContext", value="content")

    def wait_until(self, expression: str, timeout_ms: int = LIVE_TIMEOUT_MS) -> None:
        """Wait until ``expression`` is true in the page."""
        self._wait(lambda: bool(self.evaluate(f"Boolean({expression})")), expression, timeout_ms)

    def press(self, action: str) -> None:
        """Press a button by its name, as soon as it can be pressed."""
        self._wait(lambda: self._pressed(action), f"press {action}", LIVE_TIMEOUT_MS)

    def screenshot(self, path: Path) -> None:
        """Keep a picture of the tab."""
        path.write_bytes(base64.b64decode(str(self.firefox.call("WebDriver:TakeScreenshot", full=False))))

    def _pressed(self, action: str) -> bool:
        found = self.run(PRESS, action)
        if not isinstance(found, dict):
            return False
        (reference,) = found.values()
        self.firefox.call("WebDriver:ElementClick", id=reference)
        return True

    def _wait(self, holds: Callable[[], bool], words: str, timeout_ms: int) -> None:
        until = time.monotonic() + timeout_ms / 1000
        while True:
            try:
                if holds():
                    return
            except MarionetteError as error:
                # The page was just leaving for its next address, or the button moved away under the finger.
                words = f"{words} ({error})"
            if time.monotonic() > until:
                raise AssertionError(f"not within {timeout_ms} ms: {words}")
            time.sleep(POLL_S)


@contextlib.contextmanager
def running_firefox(
    network: Network = MACHINE,
    preferences: Preferences | None = None,
    before: tuple[str, ...] = (),
    **capabilities: bool | str,
) -> Iterator[FirefoxPage]:
    """Start a Firefox with a profile of its own and yield its tab.

    ``preferences`` are added to the usual ones; ``before`` is a command that starts another; ``capabilities`` are
    WebDriver's.
    """
    assert FIREFOX is not None
    with contextlib.ExitStack() as stack:
        profile, sound = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)))
            for prefix in ("wasl-firefox-", "wasl-sound-")
        )
        hears = stack.enter_context(running_sound_server(sound))
        chosen = {**PREFERENCES, **(preferences or {})}
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in chosen.items())
        (profile / "user.js").write_text("".join(lines))
        command = network.command(*before, FIREFOX, *ARGUMENTS, "--profile", str(profile))
        process = stack.enter_context(running_program(command, os.environ | hears))
        sock = stack.enter_context(network.socket(socket.SOCK_STREAM))
        sock.settimeout(START_TIMEOUT_S)
        sock.connect(("127.0.0.1", _port(profile, process)))
        firefox = Marionette(sock, stack.enter_context(sock.makefile("rb")))
        firefox.read()  # its greeting
        firefox.call("WebDriver:NewSession", **capabilities)
        yield FirefoxPage(firefox)


def _port(profile: Path, process: subprocess.Popen[bytes]) -> int:
    """Wait until Firefox has written where it listens."""
    written, until = profile / "MarionetteActivePort", time.monotonic() + START_TIMEOUT_S
    while not (written.exists() and written.read_text()):
        if process.poll() is not None:
            raise MarionetteError(f"Firefox ended at once with {process.returncode}")
        if time.monotonic() > until:
            raise MarionetteError(f"Firefox did not listen within {START_TIMEOUT_S} s")
        time.sleep(POLL_S)
    return int(written.read_text())
