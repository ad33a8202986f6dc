"""One Chromium for all tests of pages, a demo server for each visit, and fresh browser profiles for each page."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, sync_playwright
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.support.call_page import CALM_DEVICES, CHROMIUM, CHROMIUM_ARGS, Call, Visit
from tests.support.demo_server import DemoServer, running_demo

#: Look at pages between which no pictures flow: with two workers they run beside the calls, which run one at a time.
WITHOUT_CALLS = frozenset(
    {"test_axe_pages", "test_call_access", "test_call_join", "test_clips", "test_link_check", "test_negotiation"}
)
#: How far a browser beside a call steps back: nothing there is in a hurry, and a call that waits loses its pictures.
NICE = 10


class OneCallAtATime(LoadScopeScheduling):
    """Keep all calls on one worker: two at once would leave neither the processor it needs."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the group of a test; a group stays on one worker."""
        name = Path(nodeid.partition("::")[0]).stem
        return name if name in WITHOUT_CALLS else "calls"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneCallAtATime:
    """Share the tests out, where there is more than one worker (``-n 2``)."""
    return OneCallAtATime(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put Firefox last: it needs most, and by then there is least beside it."""
    items.sort(key=lambda item: item.path.stem == "test_firefox")


@pytest.fixture(autouse=True)
def calls_come_first(request: pytest.FixtureRequest) -> None:
    """Let a browser beside a call have only what that leaves: each is a process group of its own, weighed whole."""
    if "PYTEST_XDIST_WORKER" not in os.environ or request.path.stem not in WITHOUT_CALLS:
        return
    for process in psutil.Process().children(recursive=True):
        with suppress(OSError):
            if os.getsid(process.pid) != os.getsid(0):
                Path(f"/proc/{process.pid}/autogroup").write_text(str(NICE))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium with a made-up camera and microphone."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no {CHROMIUM} (apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGS, CALM_DEVICES])
        yield chromium
        chromium.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[DemoServer]:
    """A fresh demo server: its visit is open now and nobody has come yet."""
    with running_demo(tmp_path / "data") as server:
        yield server


class LentCall:
    """One live call that tests of a module have one after another; anew where the last one left nothing of it."""

    def __init__(self, browser: Browser, folders: pytest.TempPathFactory) -> None:
        self._browser = browser
        self._folders = folders
        self._open = ExitStack()
        self._call: Call | None = None

    def lend(self) -> Call:
        """Return the call; it is live and sound flows at all six ends."""
        if self._call is None:
            visit = self.begin()
            self._call = Call(visit, *visit.go_live(pictures=False))
        return self._call

    def begin(self) -> Visit:
        """Return a visit to which nobody has come yet."""
        self.forget()
        server = self._open.enter_context(running_demo(self._folders.mktemp("call") / "data"))
        return self._open.enter_context(closing(Visit(server, self._browser)))

    def keep(self, call: Call) -> None:
        """Lend from now on what a test has made of the visit that it had from ``begin``."""
        self._call = call

    def forget(self) -> None:
        """Close all pages and end the server."""
        self._call = None
        self._open.close()


@pytest.fixture(scope="module")
def lent_call(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LentCall]:
    """What ``shared_call`` and ``ending_call`` are lent from."""
    lent = LentCall(browser, tmp_path_factory)
    yield lent
    lent.forget()


def lent_until_a_failure(lent_call: LentCall, run: pytest.Session) -> Iterator[Call]:
    """Lend the call; what a test that failed has left of it is for nobody."""
    failed = run.testsfailed
    yield lent_call.lend()
    if run.testsfailed > failed:
        lent_call.forget()


@pytest.fixture
def shared_call(lent_call: LentCall, request: pytest.FixtureRequest) -> Iterator[Call]:
    """A live call, perhaps one that other tests had before: whoever asks for it leaves it as it was."""
    yield from lent_until_a_failure(lent_call, request.session)


@pytest.fixture
def new_call(lent_call: LentCall, request: pytest.FixtureRequest) -> Iterator[Call]:
    """A live call that no other test has had; others may have it afterwards."""
    lent_call.forget()
    yield from lent_until_a_failure(lent_call, request.session)


@pytest.fixture
def ending_call(lent_call: LentCall) -> Iterator[Call]:
    """The same for a test after which nothing is left of it."""
    yield lent_call.lend()
    lent_call.forget()


@pytest.fixture
def visit(demo: DemoServer, browser: Browser, lent_call: LentCall) -> Iterator[Visit]:
    """The demo's visit."""
    lent_call.forget()
    opened = Visit(demo, browser)
    yield opened
    opened.close()
