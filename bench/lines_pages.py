"""The pages of a call on bad lines, Chromium's and Firefox's, and the few words in which both are driven."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal, Protocol

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright
from playwright.async_api import Error as PlaywrightError

from bench.lines_server import URL
from tests.lab.browsers import GIVING_WAY, launch
from tests.lab.laboratory import Laboratory
from tests.lab.tls_front import key_pin
from tests.support.firefox import FirefoxPage, MarionetteError, Preferences, running_firefox
from tests.support.network import Network

WATCH = Path(__file__).with_name("lines_watch.js")
MICROPHONE = Path(__file__).with_name("lines_microphone.js")
LANGUAGE = "fr"
#: What a page answers that is just leaving for its next address.
PAGE_ERRORS = (PlaywrightError, MarionetteError)
#: The links of professionals in a demonstration post their secret; the call's page that it leads to stays unopened.
SIGN_IN = """secret => fetch("/demo", {
    method: "POST", body: new URLSearchParams({secret}), redirect: "manual",
}).then(({type}) => type)"""


class WatchedPage(Protocol):
    """One person's page, in whichever browser."""

    async def goto(self, url: str) -> None:
        """Open an address; return once its page is there, whole or not."""

    async def evaluate(self, expression: str, argument: object = None) -> Any:
        """Return the value of an expression, or what the function returns that it is, awaited."""

    async def watch(self) -> None:
        """Take the figures of every page from the next one on."""

    async def start_over(self) -> None:
        """Leave for an empty page and forget all but cookies."""


class ChromiumPage:
    """A page in a Chromium profile of its own."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self._context, self._page = context, page
        self._slowing: CDPSession | None = None

    @classmethod
    async def opened_in(cls, browser: Browser, workers: Literal["allow", "block"]) -> "ChromiumPage":
        """Open an empty page in a profile that knows nothing."""
        context = await browser.new_context(ignore_https_errors=True, locale=LANGUAGE, service_workers=workers)
        return cls(context, await context.new_page())

    async def goto(self, url: str) -> None:
        """Open an address; return with the first of its answer."""
        await self._page.goto(url, wait_until="commit")

    async def evaluate(self, expression: str, argument: object = None) -> Any:
        """Return the value of an expression, or what the function returns that it is, awaited."""
        return await self._page.evaluate(expression, argument)

    async def watch(self) -> None:
        """Take the figures of every page from the next one on."""
        await self._context.add_init_script(path=WATCH)
        await self._renew()

    async def start_over(self) -> None:
        """Leave for an empty page and forget all but cookies."""
        await self._renew()
        devtools = await self._context.new_cdp_session(self._page)
        await devtools.send("Network.clearBrowserCache")

    async def slow_down(self, times: float) -> None:
        """Make the main thread as slow as that of a machine so many times slower."""
        self._slowing = await self._context.new_cdp_session(self._page)
        await self._slowing.send("Emulation.setCPUThrottlingRate", {"rate": times})

    async def _renew(self) -> None:
        old, self._page = self._page, await self._context.new_page()
        await old.close()


class FirefoxTab:
    """The tab of a Firefox; its driver waits for each answer, so it is asked on another thread, one thing at a time."""

    def __init__(self, page: FirefoxPage, speech: Path) -> None:
        self._page, self._speech = page, speech
        self._turn = asyncio.Lock()

    async def goto(self, url: str) -> None:
        """Open an address; return once its document is read."""
        async with self._turn:
            await asyncio.to_thread(self._page.goto, url)

    async def evaluate(self, expression: str, argument: object = None) -> Any:
        """Return the value of an expression, or what the function returns that it is, awaited."""
        script = f"const found = {expression}; return typeof found === 'function' ? found(arguments[0]) : found;"
        async with self._turn:
            return await asyncio.to_thread(self._page.run, script, argument)

    async def watch(self) -> None:
        """Take the figures of every page from the next one on."""
        await self.goto("about:blank")
        speech = base64.b64encode(self._speech.read_bytes()).decode()
        script = f"({MICROPHONE.read_text()})({json.dumps(speech)});\n{WATCH.read_text()}"
        async with self._turn:
            await asyncio.to_thread(self._page.lay_in, script)

    async def start_over(self) -> None:
        """Leave for an empty page and forget all but cookies."""
        await self.goto("about:blank")
        async with self._turn:
            await asyncio.to_thread(self._page.clear_cache)


@contextlib.asynccontextmanager
async def opened_pages(
    laboratory: Laboratory, homes: dict[str, str], folder: Path, *, prepared: bool, firefox: str | None
) -> AsyncIterator[dict[str, WatchedPage]]:
    """Yield an empty page for each role in its home, in a profile that knows nothing; Firefox's for ``firefox``."""
    trusted = f"--ignore-certificate-errors-spki-list={key_pin(folder / 'certificate.pem')}"
    pages: dict[str, WatchedPage] = {}
    async with async_playwright() as playwright:
        with contextlib.ExitStack() as running:
            for role, home in homes.items():
                if role == firefox:
                    tab = await asyncio.to_thread(running.enter_context, _firefox(home, prepared))
                    pages[role] = FirefoxTab(tab, folder / "speech.wav")
                else:
                    browser = await launch(playwright, laboratory, home, folder / "speech.wav", (trusted,))
                    pages[role] = await ChromiumPage.opened_in(browser, "allow" if prepared else "block")
            yield pages


def _firefox(home: str, prepared: bool) -> contextlib.AbstractContextManager[FirefoxPage]:
    preferences: Preferences = {"intl.accept_languages": LANGUAGE, "dom.serviceWorkers.enabled": prepared}
    return running_firefox(Network(home), preferences, GIVING_WAY, acceptInsecureCerts=True, pageLoadStrategy="eager")


async def sign_in(page: WatchedPage, link: str) -> None:
    """Take a professional's link as far as the cookie; the call's page behind it stays unopened."""
    await page.goto(f"{URL}/sign-in")
    answer = await page.evaluate(SIGN_IN, link.partition("#")[2])
    assert answer == "opaqueredirect", answer


async def keep_page(page: WatchedPage) -> None:
    """Open the call's page without pressing anything, until the browser has kept all of it."""
    await page.goto(f"{URL}/j")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
