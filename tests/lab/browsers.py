"""Real Chromiums in the laboratory's namespaces, each with a speaking microphone and a small fake camera."""

from pathlib import Path

from playwright.async_api import Browser, Playwright

from tests.lab.laboratory import Laboratory
from tests.support.call_page import WITHOUT_FEATURES

CHROMIUM = "/usr/bin/chromium"
#: Browsers give way to the lines and the server: outside the laboratory those are other machines.
GIVING_WAY = ("nice", "-n", "19")
ARGUMENTS = (
    WITHOUT_FEATURES,
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required", "--ignore-certificate-errors",
)  # fmt: skip


async def launch(
    playwright: Playwright, laboratory: Laboratory, namespace: str, speech: Path, further: tuple[str, ...] = ()
) -> Browser:
    """Start a Chromium inside ``namespace`` whose microphone plays ``speech``."""
    wrapper = speech.parent / f"chromium-{namespace}"
    command = " ".join(laboratory.command_inside(namespace, *GIVING_WAY, CHROMIUM))
    wrapper.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    wrapper.chmod(0o755)
    arguments = [*ARGUMENTS, f"--use-file-for-fake-audio-capture={speech}", *further]
    return await playwright.chromium.launch(executable_path=wrapper, args=arguments)
