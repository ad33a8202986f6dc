"""Measures how long it takes from the click on a link to the first picture of somebody else, on this machine.

    python -m bench.first_frame --times 20

Starts the demo with three Chromiums' worth of pages: the classroom and the social worker stay, the psychologist opens
their own link again and again in a new browser profile, presses join as soon as it can be pressed, and waits for the
first decoded frame. Prints one JSON object in milliseconds: page (link to a ready button), frame (link to frame).
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from tests.support.call_page import CHROMIUM, CHROMIUM_ARGS, FAKE_DEVICES
from tests.support.demo_server import running_demo

LOOK_EVERY_S = 0.02
PATIENCE_S = 30
FIRST_FRAME = """() => [...document.querySelectorAll('[data-seat] video')]
    .some(v => v.srcObject && v.getVideoPlaybackQuality().totalVideoFrames > 0)"""


async def press(page: Page, action: str) -> None:
    """Press a button as soon as it can be pressed."""
    await page.click(f'button[data-action="{action}"]:visible:enabled')


async def open_room(browser: Browser, links: dict[str, str]) -> None:
    """Bring the room to life, and let the psychologist go again."""
    pages = {}
    for role in ("classroom", "social_worker", "psychologist"):
        pages[role] = await (await browser.new_context()).new_page()
        await pages[role].goto(links[role])
        await press(pages[role], "join")
    await press(pages["psychologist"], "knock")
    await press(pages["classroom"], "open-door")
    for page in pages.values():
        await page.wait_for_selector('#room[data-state="live"]')
    await pages["psychologist"].context.close()


async def click_to_frame(browser: Browser, link: str) -> tuple[float, float]:
    """Return the milliseconds from the link to a ready button and to the first frame."""
    context = await browser.new_context()
    page = await context.new_page()
    started = time.monotonic()
    await page.goto(link, wait_until="commit")
    await page.wait_for_selector('button[data-action="join"]:enabled')
    ready = time.monotonic()
    await press(page, "join")
    while not await page.evaluate(FIRST_FRAME):
        if time.monotonic() - started > PATIENCE_S:
            raise SystemExit(f"no frame within {PATIENCE_S} s")
        await asyncio.sleep(LOOK_EVERY_S)
    seen = time.monotonic()
    await context.close()
    return (ready - started) * 1000, (seen - started) * 1000


async def measure(links: dict[str, str], times: int) -> dict[str, float]:
    """Return the medians and the worst of ``times`` tries."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--headless=new", *CHROMIUM_ARGS, FAKE_DEVICES]
        )
        await open_room(browser, links)
        tries = [await click_to_frame(browser, links["psychologist"]) for _ in range(times)]
        await browser.close()
    pages, frames = zip(*tries, strict=True)
    return {
        "times": times,
        "page_p50_ms": round(statistics.median(pages)),
        "frame_p50_ms": round(statistics.median(frames)),
        "frame_max_ms": round(max(frames)),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory(prefix="wasl-bench-") as folder, running_demo(Path(folder)) as demo:
        print(json.dumps(asyncio.run(measure(demo.links, times))))


if __name__ == "__main__":
    main()
