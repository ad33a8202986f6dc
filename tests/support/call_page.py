"""Words for driving the call page as a person does: by the names that stay the same (design, section 9)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.support.demo_server import DemoServer

CHROMIUM = "/usr/bin/chromium"
#: For the list under its address bar Chromium opens two pages of its own in every window, whether anybody looks or not:
#: more than a second of a processor, more than a page of ours needs until it is live. The last list of features counts,
#: so that what Playwright switches off stands here too.
WITHOUT_FEATURES = (
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,"
    "AimEnabled,AvoidCorsURLLoaderRestartOnRedirect,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,"
    "HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,"
    "OptimizationHints,PaintHolding,PreconnectToSearch,ThirdPartyStoragePartitioning"
)
CHROMIUM_ARGS = (
    WITHOUT_FEATURES,
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
)
FAKE_DEVICES = "--use-fake-device-for-media-stream"
#: The same with half as many pictures: enough to see that they move, and a fifth less work for three pages.
CALM_DEVICES = f"{FAKE_DEVICES}=fps=10"
LIVE_TIMEOUT_MS = 20_000
#: Sound comes first and pictures are earned; what a busy machine spoils is tried again after a minute.
PICTURES_TIMEOUT_MS = 90_000

#: Keeps hold of every connection of the page, so that a test can look at what really goes out.
WATCH_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.connections.push(this); }
};
"""
FRAMES = """() => [...document.querySelectorAll('[data-seat] video')]
    .filter(v => v.srcObject).map(v => v.getVideoPlaybackQuality().totalVideoFrames)"""
#: Samples of sound that came from each other person so far.
HEARD = """async () => {
    const samples = [];
    for (const connection of window.connections.filter(c => c.connectionState === 'connected')) {
        (await connection.getStats()).forEach((entry) => {
            const {type, kind, packetsReceived, totalSamplesReceived} = entry;
            if (type === 'inbound-rtp' && kind === 'audio' && packetsReceived > 3) samples.push(totalSamplesReceived);
        });
    }
    return samples;
}"""
OUTGOING = """() => window.connections.filter(c => c.connectionState !== 'closed')
    .flatMap(c => c.getSenders()).filter(s => s.track && s.track.enabled && s.track.readyState === 'live').length"""


def press(page: Page, action: str) -> None:
    """Press a button by its name, as soon as it can be pressed."""
    page.click(f'button[data-action="{action}"]:visible:enabled', timeout=LIVE_TIMEOUT_MS)


def wait_for_state(page: Page, state: str, timeout_ms: int = LIVE_TIMEOUT_MS) -> None:
    """Wait until the room is in ``state`` on this page."""
    page.wait_for_selector(f'#room[data-state="{state}"]', timeout=timeout_ms)


def wait_for_pictures(page: Page, count: int = 2) -> None:
    """Wait until pictures of ``count`` others are being decoded."""
    wait_until(page, f"({FRAMES})().filter(n => n > 3).length >= {count}", PICTURES_TIMEOUT_MS)


def wait_for_sound(page: Page, count: int = 2) -> None:
    """Wait until sound of ``count`` others comes."""
    wait_until(page, f"({HEARD})().then(samples => samples.length >= {count})")


def wait_until(page: Page, expression: str, timeout_ms: int = LIVE_TIMEOUT_MS) -> None:
    """Wait until ``expression`` is true in the page (Playwright's own waiting needs eval, which the page forbids)."""
    until = time.monotonic() + timeout_ms / 1000
    while not page.evaluate(expression):
        if time.monotonic() > until:
            raise AssertionError(f"not within {timeout_ms} ms: {expression}")
        page.wait_for_timeout(100)


def hold_rung(psychologist: Page, rung: str) -> None:
    """Let nothing above ``rung`` through, as a psychologist does; once the page looks after its line."""
    psychologist.wait_for_selector('#room:not([data-path=""])', timeout=LIVE_TIMEOUT_MS)
    press(psychologist, "more")
    psychologist.select_option('#more [data-kind="hold"]', rung)
    press(psychologist, "close-dialog")


def frames_in(page: Page, pause_ms: int) -> int:
    """Return how many pictures of others this page decodes in ``pause_ms``."""
    before = sum(page.evaluate(FRAMES))
    page.wait_for_timeout(pause_ms)
    return int(sum(page.evaluate(FRAMES)) - before)


@dataclass
class Visit:
    """The demo's visit, and the pages that are open on it, each in a browser profile of its own."""

    server: DemoServer
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def profile(self, language: str = "en", width: int = 640, height: int = 480) -> BrowserContext:
        """Return a new browser profile: a device of its own."""
        context = self.browser.new_context(
            locale=language,
            viewport={"width": width, "height": height},
            base_url=self.server.url,
            # Three pages that breathe take a quarter of a processor from each other where no graphics card draws them.
            reduced_motion="reduce",
        )
        context.add_init_script(WATCH_CONNECTIONS)
        self.contexts.append(context)
        return context

    def open(self, role: str, context: BrowserContext | None = None) -> Page:
        """Open the link of a role; nothing is pressed yet."""
        page = (context or self.profile()).new_page()
        page.goto(self.server.links[role])
        return page

    def join(self, role: str, context: BrowserContext | None = None) -> Page:
        """Open the link of a role and press join."""
        page = self.open(role, context)
        press(page, "join")
        page.wait_for_selector('#room[data-signaling="online"]', timeout=LIVE_TIMEOUT_MS)
        return page

    def go_live(self, *, pictures: bool = True) -> tuple[Page, Page, Page]:
        """Bring the child, the social worker and the psychologist together.

        Sound flows at all six ends, and pictures unless ``pictures`` is false: they are earned, seconds later.
        """
        child, worker, psychologist = (self.join(role) for role in ("classroom", "social_worker", "psychologist"))
        press(psychologist, "knock")
        press(child, "open-door")
        for page in (child, worker, psychologist):
            wait_for_state(page, "live")
        for page in (child, worker, psychologist):
            wait_for_sound(page)
            if pictures:
                wait_for_pictures(page)
        return child, worker, psychologist

    def close(self) -> None:
        """Close all pages."""
        for context in self.contexts:
            context.close()


@dataclass
class Call:
    """A visit that is live, and its three pages."""

    visit: Visit
    child: Page
    worker: Page
    psychologist: Page

    @property
    def pages(self) -> tuple[Page, Page, Page]:
        """The pages of the child, the social worker and the psychologist."""
        return self.child, self.worker, self.psychologist
