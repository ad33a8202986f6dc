"""One Chromium for all tests of pages, one demo server and fresh browser profiles for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.support.call_page import CHROMIUM, CHROMIUM_ARGS, FAKE_DEVICES, Visit
from tests.support.demo_server import DemoServer, running_demo

#: Look at pages in which no call is under way: with two workers they run beside the calls, which run one at a time.
WITHOUT_CALLS = frozenset({"test_axe_pages", "test_call_access"})


class OneCallAtATime(LoadScopeScheduling):
    """Keep all calls on one worker: two at once would leave neither the processor it needs."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the group of a test; a group stays on one worker."""
        name = Path(nodeid.partition("::")[0]).stem
        return name if name in WITHOUT_CALLS else "calls"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneCallAtATime:
    """Share the tests out, where there is more than one worker (``-n 2``)."""
    return OneCallAtATime(config, log)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium with a made-up camera and microphone."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no {CHROMIUM} (apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGS, FAKE_DEVICES])
        yield chromium
        chromium.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[DemoServer]:
    """A fresh demo server: its visit is open now and nobody has come yet."""
    with running_demo(tmp_path / "data") as server:
        yield server


@pytest.fixture
def visit(demo: DemoServer, browser: Browser) -> Iterator[Visit]:
    """The demo's visit."""
    opened = Visit(demo, browser)
    yield opened
    opened.close()
