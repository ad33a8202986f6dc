"""Two connections of ours in one page, joined by a line with a delay: what both sides do at once ends well."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

SCRIPTS = Path(__file__).parents[2] / "web" / "static" / "js"
#: Nothing listens there: the test itself answers.
SITE = "http://negotiation.localhost"
#: One way, in ms; what is said within it is said at once.
DELAY_MS = 30

CONNECT = """async (delayMs) => {
    const {Peer} = await import("/rtc/peer.js");
    const canvas = document.createElement("canvas");
    const drawing = canvas.getContext("2d");
    setInterval(() => {
        drawing.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`;
        drawing.fillRect(0, 0, 300, 150);
    }, 50);
    const sound = new AudioContext();
    const ends = {};
    const make = (name, other, polite) => new Peer({
        polite, iceServers: [], relayOnly: false, packetMs: 20,
        cap: {audioBps: 8000, videoBps: 0, fps: 0, width: 0, stillEveryS: 0},
        tracks: {
            audio: sound.createMediaStreamDestination().stream.getAudioTracks()[0],
            video: canvas.captureStream(15).getVideoTracks()[0],
        },
        canReach: () => true, freshIceServers: async () => null, renew: () => undefined,
        mayRepeat: () => false, makeRepeater: () => null,
        sendDescription: (type, description) => setTimeout(() => ends[other].handleDescription(description), delayMs),
        sendCandidate: (candidate) => setTimeout(() => ends[other].handleCandidate(candidate), delayMs),
        onState: () => undefined, onTrack: () => undefined, onReport: () => undefined,
        onStillPiece: () => undefined,
    });
    ends.polite = make("polite", "impolite", true);
    ends.impolite = make("impolite", "polite", false);
    window.ends = ends;
    for (const end of Object.values(ends)) end.beginChecks();
    const connecting = () => Object.values(ends).some(({pc}) => pc.connectionState !== "connected");
    for (const until = Date.now() + 15_000; connecting(); await new Promise(done => setTimeout(done, 20))) {
        if (Date.now() > until) throw new Error("the two ends do not connect");
    }
}"""
ADD_PICTURES = """async ([first, second, apartMs]) => {
    const cap = {audioBps: 16000, videoBps: 200000, fps: 15, width: 300, stillEveryS: 0};
    void window.ends[first].setCap(cap);
    await new Promise(done => setTimeout(done, apartMs));
    void window.ends[second].setCap(cap);
}"""
PICTURES = """async () => {
    const decoded = [];
    for (const {pc} of Object.values(window.ends)) {
        (await pc.getStats()).forEach((entry) => {
            if (entry.type === "inbound-rtp" && entry.kind === "video") decoded.push(entry.framesDecoded ?? 0);
        });
    }
    return decoded;
}"""
STATES = "Object.values(window.ends).map(({pc}) => pc.signalingState)"
PICTURES_TIMEOUT_S = 15


def answer(route: Route) -> None:
    """Serve a script as it stands in the project, and an empty page for everything else."""
    path = route.request.url.removeprefix(SITE)
    if path.endswith(".js"):
        route.fulfill(body=(SCRIPTS / path.lstrip("/")).read_text(), content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>Negotiation</title>", content_type="text/html")


@pytest.fixture
def two_ends(browser: Browser) -> Iterator[Page]:
    """A page with both ends of a connection that carries sound."""
    page = browser.new_context().new_page()
    page.route(f"{SITE}/**", answer)
    page.goto(SITE)
    page.evaluate(CONNECT, DELAY_MS)
    yield page
    page.context.close()


@pytest.mark.parametrize(
    ("first", "apart_ms"),
    [("impolite", 0), ("impolite", DELAY_MS // 2), ("polite", DELAY_MS // 2), ("polite", 10 * DELAY_MS)],
    ids=["in the same moment", "the impolite side a little earlier", "the polite side a little earlier", "one by one"],
)
def test_both_sides_may_add_their_picture_at_once(two_ends: Page, first: str, apart_ms: int) -> None:
    warnings: list[str] = []
    two_ends.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    second = "polite" if first == "impolite" else "impolite"

    two_ends.evaluate(ADD_PICTURES, [first, second, apart_ms])

    for _ in range(PICTURES_TIMEOUT_S * 10):
        if len(seen := two_ends.evaluate(PICTURES)) == 2 and min(seen) > 3:
            break
        two_ends.wait_for_timeout(100)
    assert warnings == []
    assert len(seen) == 2
    assert min(seen) > 3, seen
    assert two_ends.evaluate(STATES) == ["stable", "stable"]
