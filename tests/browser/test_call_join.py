"""The way into the room in real browsers: one press, two tabs, two devices, no devices, no network, little weight."""

import json
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, WebSocket

from tests.support.call_page import Visit, press, wait_until

pytestmark = pytest.mark.browser

#: What a server may send before it has heard of anything arriving, headers and all.
DOCUMENT_MAX_B = 14_336
SECOND_VISIT_MAX_B = 4_096
#: What moves in the page now.
MOVING = "() => document.getAnimations().map((animation) => animation.animationName)"


def words(page: Page) -> str:
    page.wait_for_selector('#room[data-screen="calm"] #card h2')
    return page.locator("#card").inner_text()


def test_the_secret_leaves_the_address_bar_and_a_reload_needs_one_press_and_no_exchange(visit: Visit) -> None:
    worker = visit.join("social_worker")
    assert worker.url == f"{visit.server.url}/call/{visit.server.visit}"
    exchanged: list[str] = []
    worker.on("request", lambda request: exchanged.append(request.url) if "exchange" in request.url else None)

    worker.reload()
    press(worker, "join")

    worker.wait_for_selector('#room[data-signaling="online"]')
    assert exchanged == []


def test_nothing_is_asked_of_devices_or_server_before_the_press(visit: Visit) -> None:
    context = visit.profile()
    context.add_init_script(
        "window.asked = 0;"
        "navigator.mediaDevices.getUserMedia = () => { window.asked++; return Promise.reject(new Error()); }"
    )
    posted: list[str] = []
    context.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)

    page = visit.open("classroom", context)
    page.wait_for_selector('button[data-action="join"]:enabled')
    page.wait_for_timeout(1000)

    assert page.evaluate("window.asked") == 0
    assert posted == []


def test_the_room_is_asked_for_with_the_pages_first_packet_and_the_seat_at_the_tap(visit: Visit) -> None:
    context = visit.profile()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    # To its scripts the page never ends, so that no module runs: the seat waits for none.
    context.add_init_script(
        "const own = addEventListener;"
        "window.addEventListener = (type, ...given) => type === 'DOMContentLoaded' || own(type, ...given);"
    )
    page = context.new_page()
    page.goto(visit.server.links["classroom"], wait_until="commit")
    with context.expect_event("request", lambda request: request.url.endswith("/exchange")):
        page.click('button[data-action="join"]')
    assert asked.index("mesh.js") < asked.index("call.js") < asked.index("exchange")


def test_the_ticket_meets_the_socket_in_the_server_and_no_hello_is_said(visit: Visit) -> None:
    page = visit.profile().new_page()
    said: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda text: said.append(json.loads(text)["type"])))
    page.add_init_script(
        "const Own = WebSocket; window.WebSocket = class extends Own {"
        "  constructor(url, protocols) { super(url, protocols); window.offered = protocols; }"
        "};"
    )
    page.goto(visit.server.links["classroom"])
    with page.expect_request("**/api/join/exchange") as asked:
        press(page, "join")

    page.wait_for_selector('#room[data-signaling="online"]', timeout=20_000)
    meeting = asked.value.post_data_json["meeting"]
    assert page.evaluate("offered") == ["wasl.v1", f"meet.{meeting}"]
    wait_until(page, "document.querySelector('#room').dataset.screen === 'room'")
    assert "hello" not in said


def test_on_a_slow_line_pings_go_out_before_the_seat_is_answered(visit: Visit) -> None:
    context = visit.profile()
    # A socket that takes long to open; the page's own `open` listener hears of it late.
    context.add_init_script(
        "const Own = WebSocket; window.said = []; window.heard = [];"
        "window.WebSocket = class extends Own {"
        "  constructor(...given) { super(...given); this.addEventListener('message', ({data}) => heard.push(data)); }"
        "  addEventListener(type, act) {"
        "    super.addEventListener(type, type === 'open' ? () => setTimeout(act, 400) : act);"
        "  }"
        "  send(text) { said.push(JSON.parse(text).type); super.send(text); }"
        "};"
    )
    context.route("**/api/join/exchange", lambda route: None)
    page = visit.open("classroom", context)
    page.click('button[data-action="join"]')
    page.evaluate("""async () => {
        const pongs = () => heard.filter((text) => JSON.parse(text).type === "pong").length;
        for (let look = 0; look < 150 && pongs() < 2; look++) await new Promise((next) => setTimeout(next, 20));
        return pongs();
    }""")
    assert set(page.evaluate("window.said")) == {"ping"}


def test_the_loudspeaker_is_opened_at_the_press_before_the_rest_of_the_page_has_come(visit: Visit) -> None:
    context = visit.profile()
    context.add_init_script(
        "const Own = AudioContext; window.opened = [];"
        "window.AudioContext = class extends Own {"
        "  constructor(...given) {"
        "    super(...given); const seen = []; opened.push(seen);"
        "    this.addEventListener('statechange', () => seen.push(this.state));"
        "  }"
        "};"
    )
    context.route("**/js/pages/call.js", lambda route: None)
    page = visit.open("classroom", context)
    assert page.evaluate("window.opened") == []

    page.click('button[data-action="join"]')
    # Kept open it would cost a battery; the next opening is quick.
    wait_until(page, "window.opened.length === 1 && window.opened[0].join() === 'running,closed'")


@pytest.mark.parametrize("language", ["ar", "fr", "zgh", "en"])
def test_the_page_of_the_press_fits_into_the_first_packets_of_a_connection(visit: Visit, language: str) -> None:
    with closing(HTTPConnection(urlsplit(visit.server.url).netloc)) as connection:
        connection.request("GET", f"/j?lang={language}", headers={"Accept-Encoding": "br"})
        answer = connection.getresponse()
        headers = sum(len(f"{name}: {value}\r\n") for name, value in answer.getheaders())
        assert len(answer.read()) + headers <= DOCUMENT_MAX_B


def test_nothing_moves_without_need_while_the_room_is_fetched(visit: Visit) -> None:
    page = visit.profile().new_page()
    page.emulate_media(reduced_motion="no-preference")
    held: list[Route] = []
    page.route("**/js/pages/call.js", lambda route: held.append(route))  # noqa: PLW0108 (a built-in is not taken)
    early = {"code": "visit-not-open-yet", "title": "", "status": 409, "opensInS": 600}
    page.route("**/api/join/exchange", lambda route: route.fulfill(status=409, json=early))
    page.goto(visit.server.links["classroom"])
    page.wait_for_selector('button[data-action="join"]:enabled')
    assert page.evaluate(MOVING) == ["glow"]

    press(page, "join")
    assert page.evaluate(MOVING) == ["breathe-fade"]

    for route in held:
        route.continue_()
    page.wait_for_selector('#room[data-screen="calm"] #card h2')
    assert page.evaluate(MOVING) == []


def test_a_second_tab_asks_and_takes_the_seat_only_when_told_to(visit: Visit) -> None:
    first = visit.join("social_worker")
    second = first.context.new_page()
    second.goto(f"{visit.server.url}/call/{visit.server.visit}")
    press(second, "join")
    assert "another tab" in words(second)
    assert first.locator("#room").get_attribute("data-signaling") == "online"

    press(second, "move-here")

    second.wait_for_selector('#room[data-signaling="online"]')
    assert "another tab" in words(first)


def test_a_second_device_with_the_same_link_waits_and_an_adult_decides(visit: Visit) -> None:
    worker = visit.join("social_worker")
    child = visit.join("classroom")
    other = visit.open("classroom")
    press(other, "join")
    assert "already in use" in words(other)

    press(worker, "admit-claim")

    other.wait_for_selector('#room[data-signaling="online"]', timeout=20_000)
    child.wait_for_selector('#room[data-signaling="offline"]', timeout=20_000)


def test_the_key_made_at_the_tap_is_told_once_also_where_the_room_is_there_before_the_welcome(visit: Visit) -> None:
    """Whoever comes back has the room before the ticket, and here nothing ever comes that would seal with the key."""
    worker = visit.join("social_worker")
    worker.wait_for_selector('#room[data-signaling="online"]')
    said: list[str] = []
    worker.on("websocket", lambda socket: socket.on("framesent", lambda text: said.append(json.loads(text)["type"])))
    worker.route("**/socket-voice.js", lambda route: route.abort())

    def answer_late(route: Route) -> None:
        worker.wait_for_timeout(1_500)
        route.continue_()

    worker.route("**/api/visits/*/ticket", answer_late)
    worker.reload()
    press(worker, "join")
    worker.wait_for_selector('#room[data-signaling="online"]')
    worker.wait_for_timeout(500)
    assert said.count("sealing-key") == 1


def test_the_socket_opens_while_people_look_at_the_door_and_says_nothing_before_the_tap(visit: Visit) -> None:
    page = visit.profile().new_page()
    sockets: list[WebSocket] = []
    said: list[str | bytes] = []

    def hear(frame: str | bytes) -> None:
        said.append(frame)

    def listen(socket: WebSocket) -> None:
        sockets.append(socket)
        socket.on("framesent", hear)

    page.on("websocket", listen)
    page.goto(visit.server.links["classroom"])
    wait_until(page, "dialled.socket.readyState === WebSocket.OPEN")
    assert said == []

    press(page, "join")

    page.wait_for_selector('#room[data-signaling="online"]', timeout=20_000)
    assert len(sockets) == 1


FIRST_SOCKET_NEVER_OPENS = """(() => {
  let made = 0;
  const stalled = { readyState: 0, addEventListener() {}, close() {} };
  WebSocket = new Proxy(WebSocket, { construct: (socket, given) => (made++ ? new socket(...given) : stalled) });
})()"""


def test_a_socket_that_stalls_gets_another_beside_it_before_anybody_taps(visit: Visit) -> None:
    context = visit.profile()
    context.add_init_script(FIRST_SOCKET_NEVER_OPENS)
    page = context.new_page()
    page.goto(visit.server.links["classroom"])
    wait_until(page, "dialled.openedAfterMs >= 3000 && dialled.socket.readyState === WebSocket.OPEN")

    press(page, "join")

    page.wait_for_selector('#room[data-signaling="online"]', timeout=20_000)


def test_whoever_looks_at_the_door_for_longer_than_the_server_waits_comes_in_by_another_socket(visit: Visit) -> None:
    page = visit.open("classroom")
    page.evaluate("dialled.socket.close()")
    wait_until(page, "dialled.socket.readyState === WebSocket.CLOSED")

    press(page, "join")

    page.wait_for_selector('#room[data-signaling="online"]', timeout=20_000)


def test_refused_devices_are_told_in_words(visit: Visit) -> None:
    context = visit.profile()
    context.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    page = visit.join("social_worker", context)
    assert "Allow" in page.locator("#media-problem").inner_text()


def test_an_early_link_says_how_long_and_opens_by_itself(visit: Visit) -> None:
    page = visit.open("classroom")
    early = {"code": "visit-not-open-yet", "title": "", "status": 409, "opensInS": 2}
    page.route("**/api/join/exchange", lambda route: route.fulfill(status=409, json=early), times=1)

    press(page, "join")

    assert "1 minute" in words(page)
    page.wait_for_selector('#room[data-signaling="online"]', timeout=15_000)


def test_no_network_at_the_press_is_a_state_with_words_that_heals(visit: Visit) -> None:
    page = visit.open("classroom")
    # The first question is asked before the modules have come, and once more when they have.
    page.route("**/api/join/exchange", lambda route: route.abort(), times=2)

    press(page, "join")

    assert "no network" in words(page)
    page.wait_for_selector('#room[data-signaling="online"]', timeout=15_000)


def test_a_dead_link_ends_in_words(visit: Visit) -> None:
    page = visit.profile().new_page()
    page.goto(f"{visit.server.url}/j#{'x' * 43}")
    press(page, "join")
    assert "link" in words(page)


def test_the_second_opening_loads_almost_nothing_and_works_without_a_network(visit: Visit) -> None:
    context = visit.profile()
    page = visit.open("classroom", context)
    wait_until(page, "navigator.serviceWorker.controller !== null")
    sizes: list[int] = []
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))

    page.goto("about:blank")
    page.goto(visit.server.links["classroom"])
    page.wait_for_selector('button[data-action="join"]:enabled')
    page.wait_for_timeout(3000)
    assert sum(sizes) <= SECOND_VISIT_MAX_B

    visit.server.stop()
    page.goto("about:blank")
    page.goto(visit.server.links["classroom"])
    press(page, "join")
    assert "no network" in words(page)


def test_back_brings_a_fresh_page_that_joins_again(visit: Visit) -> None:
    worker = visit.join("social_worker")
    worker.goto(f"{visit.server.url}/about")
    worker.go_back()
    press(worker, "join")
    worker.wait_for_selector('#room[data-signaling="online"]')


def test_the_social_worker_takes_their_seat_on_the_childs_device_by_code(visit: Visit) -> None:
    child = visit.join("classroom")
    given: list[str] = []

    def give(route: Route) -> None:
        given.append(route.request.post_data or "")
        problem = {"code": "code-not-valid", "title": "This code does not work.", "status": 404}
        route.fulfill(status=404, json=problem)

    child.route("**/api/join/code", give)
    child.click("#beside summary")
    child.fill("#beside-code", "1234 5678")
    child.keyboard.press("Enter")
    child.wait_for_selector('#beside [role="alert"]:has-text("This code does not work.")')
    assert given == ['{"code":"1234 5678"}']
