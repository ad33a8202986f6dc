"""What every page must hold, looked at in a browser: axe, no scrolling sideways, no error, nothing from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

SCREENSHOTS = Path(__file__).parents[2] / "artefacts" / "screenshots"
PHONE_WIDTH, PHONE_HEIGHT = 360, 740
#: WCAG 2.2, levels A and AA, by axe's names.
WCAG_A_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
RIGHT_TO_LEFT = frozenset({"ar"})
#: axe itself, read once.
AXE = Axe()
#: Only what is wrong leaves the page: all that axe has looked at would be much to carry.
AXE_FAULTS = """async (rules) => {
    const {violations} = await axe.run({resultTypes: ['violations'], ...(rules && {runOnly: rules})});
    return violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 160)}`));
}"""
#: What stands out over the page's end edge, so that a fault names its cause.
SIDEWAYS = """() => {
    const {scrollWidth, clientWidth} = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const standsOut = [...document.querySelectorAll('body *')].filter((element) => {
        const {left, right, width} = element.getBoundingClientRect();
        return width && (right > clientWidth + 1 || left < -1);
    });
    return [`${scrollWidth} px in ${clientWidth}`, ...standsOut.slice(0, 5).map(e => e.outerHTML.slice(0, 120))];
}"""
#: What of the call page lies on something else, or is not on the screen: words and buttons, by their own boxes.
COVERED = """() => {
    const parts = ['#top li', '#line', '.ask > *', '#card > :not(.card-picture)', '#media-problem',
        '#for-adult summary', '#bar button', 'figcaption', '#self'];
    const boxes = [...document.querySelectorAll(parts.join())]
        .filter((element) => element.checkVisibility({visibilityProperty: true}))
        .map((element) => {
            const {left, right, top, bottom} = element.getBoundingClientRect();
            return {left, right, top, bottom, name: element.dataset.action ?? element.outerHTML.slice(0, 80)};
        });
    const outside = boxes.filter(({left, right, top, bottom}) =>
        left < -1 || right > window.innerWidth + 1 || top < -1 || bottom > window.innerHeight + 1);
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    return [
        ...outside.map(({name}) => `outside: ${name}`),
        ...boxes.flatMap((a, place) =>
            boxes.slice(place + 1).filter((b) => meet(a, b)).map((b) => `${a.name} X ${b.name}`)),
    ];
}"""
WORDS_OF_THE_PAGE = "() => [document.documentElement.lang, document.documentElement.dir, document.title]"


def axe_faults(page: Page, rules: Sequence[str] | None = WCAG_A_AA) -> list[str]:
    """Return what axe finds against these rules, or groups of its rules, or all; one line for each element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    return [str(fault) for fault in page.evaluate(AXE_FAULTS, None if rules is None else list(rules))]


def language_faults(page: Page, language: str) -> list[str]:
    """Say whether the page is told to be in this language, runs its way, and has a title."""
    lang, direction, title = page.evaluate(WORDS_OF_THE_PAGE)
    wanted = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    faults = [] if (lang, direction) == (language, wanted) else [f"is {lang} {direction}, not {language} {wanted}"]
    return faults if title.strip() else [*faults, "has no title"]


def sideways(page: Page) -> list[str]:
    """Return what makes the page scroll sideways; nothing where it does not."""
    return list(page.evaluate(SIDEWAYS))


def covered(page: Page) -> list[str]:
    """Return what of the call page lies on something else or is not on the screen."""
    return list(page.evaluate(COVERED))


def keep_picture(page: Page, folder: str, name: str) -> None:
    """Keep a picture of the whole page for people to look at."""
    path = SCREENSHOTS / folder / f"{name}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    # A quarter less work than PNG; people only look at it.
    page.screenshot(path=path, full_page=True, type="jpeg", quality=80)


@dataclass
class Watch:
    """What pages of one browser profile complain of, and what they ask of others than their own server."""

    url: str
    complaints: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> BrowserContext:
        """Watch every page of a profile."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        context.on("request", self._request)
        return context

    def told(self) -> list[str]:
        """Return the complaints since the last call."""
        complaints, self.complaints = self.complaints, []
        return complaints

    def _console(self, message: ConsoleMessage) -> None:
        # That the page itself was answered with 404 or 422 is what its test asked for.
        asked_for = message.page is not None and message.location["url"] == message.page.url
        if message.type in {"error", "warning"} and not (asked_for and message.text.startswith("Failed to load")):
            self.complaints.append(f"console: {message.text} ({message.location['url']})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"data", "blob"}:
            return
        if parts.netloc != urlsplit(self.url).netloc:
            self.complaints.append(f"asks elsewhere: {request.url}")
