"""A child's network address stays with the child: real browsers, a real relay, every frame that was passed on."""

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket

from tests.support.call_page import Visit, press, wait_for_pictures, wait_for_state, wait_until
from tests.support.coturn import coturn_is_here, running_coturn
from tests.support.demo_server import running_demo

pytestmark = [
    pytest.mark.browser,
    pytest.mark.turn,
    pytest.mark.skipif(not coturn_is_here(), reason="coturn: turnserver is not installed"),
]

#: A browser that does not keep to what the page asks of it: it gathers and tells every address it has.
DISOBEY = """
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(given) { super({...given, iceTransportPolicy: "all"}); }
  setConfiguration(given) { super.setConfiguration({...given, iceTransportPolicy: "all"}); }
};
"""
SELECTED_PAIRS = """async () => {
    const pairs = [];
    for (const connection of window.connections.filter(c => c.connectionState !== 'closed')) {
        const stats = await connection.getStats();
        stats.forEach((entry) => {
            if (entry.type !== 'transport' || !entry.selectedCandidatePairId) return;
            const pair = stats.get(entry.selectedCandidatePairId);
            pairs.push([pair.localCandidateId, pair.remoteCandidateId].map(id => stats.get(id).candidateType));
        });
    }
    return pairs;
}"""
NEGOTIATION = frozenset({"offer", "answer", "candidate"})
CANDIDATE_TYPE = re.compile(r"candidate:[^\"\\]* typ (\w+)")


@dataclass
class Frames:
    """What went over one browser's WebSockets, as text."""

    sent: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)

    def listen(self, context: BrowserContext) -> None:
        """Listen to every socket of every page of this browser profile."""
        context.on("page", lambda page: page.on("websocket", self._hear))

    def _hear(self, web_socket: WebSocket) -> None:
        web_socket.on("framesent", lambda payload: self.sent.append(str(payload)))
        web_socket.on("framereceived", lambda payload: self.received.append(str(payload)))

    def relayed_from(self, peer: str) -> list[str]:
        """Return the descriptions and candidates that came from one peer."""
        read = [(frame, json.loads(frame)) for frame in self.received]
        return [text for text, told in read if told["type"] in NEGOTIATION and told["from"] == peer]

    def others(self) -> list[str]:
        """Return what came and negotiates nothing: rosters, states, servers to use."""
        return [frame for frame in self.received if json.loads(frame)["type"] not in NEGOTIATION]

    def own_peer(self) -> str:
        """Return the peer that the server has made this browser."""
        return next(str(told["peer"]) for told in map(json.loads, self.received) if told["type"] == "welcome")


def own_addresses() -> set[str]:
    """Return this machine's addresses: those of the child's browser. On loopback stands the relay."""
    return {
        address.address.partition("%")[0]
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in {socket.AF_INET, socket.AF_INET6} and address.address not in {"127.0.0.1", "::1"}
    }


def candidate_types(frames: list[str]) -> set[str]:
    return {kind for frame in frames for kind in CANDIDATE_TYPE.findall(frame)}


def addresses_in(frames: list[str]) -> set[str]:
    return {address for address in own_addresses() if any(address in frame for frame in frames)}


@pytest.fixture
def relayed_visit(tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """The visit of a demo that has a relay."""
    with running_coturn() as coturn:
        monkeypatch.setenv("WASL_TURN_URLS", ",".join(coturn.settings.urls))
        monkeypatch.setenv("WASL_TURN_SECRET", coturn.settings.secrets[0])
        with running_demo(tmp_path / "data") as server:
            opened = Visit(server, browser)
            yield opened
            opened.close()


def go_live(visit: Visit, contexts: dict[str, BrowserContext]) -> dict[str, Page]:
    """Bring the three together, each in a profile of its own."""
    pages = {role: visit.join(role, context) for role, context in contexts.items()}
    press(pages["psychologist"], "knock")
    press(pages["classroom"], "open-door")
    for page in pages.values():
        wait_for_state(page, "live")
    for page in pages.values():
        wait_for_pictures(page)
    return pages


@pytest.mark.parametrize("child_obeys", [True, False], ids=["as the page asks", "a browser that tells all it has"])
def test_a_childs_address_reaches_nobody(relayed_visit: Visit, child_obeys: bool) -> None:
    heard = {role: Frames() for role in ("classroom", "social_worker", "psychologist")}
    contexts = {role: relayed_visit.profile() for role in heard}
    for role, context in contexts.items():
        heard[role].listen(context)
    if not child_obeys:
        contexts["classroom"].add_init_script(DISOBEY)

    pages = go_live(relayed_visit, contexts)

    child = heard.pop("classroom")
    assert own_addresses(), "without an address there is nothing to keep"
    if not child_obeys:
        assert "host" in candidate_types(child.sent)
        assert addresses_in(child.sent) != set()
    for other in heard.values():
        from_child = other.relayed_from(child.own_peer())
        assert candidate_types(from_child) == {"relay"}
        assert addresses_in(from_child) == set()
        assert addresses_in(other.others()) == set()
    assert candidate_types(child.received) == {"relay"}
    assert addresses_in(child.received) == set()

    for page in pages.values():
        wait_until(page, "document.querySelector('#room').dataset.path === 'turn'")
    pairs = pages["classroom"].evaluate(SELECTED_PAIRS)
    assert len(pairs) == 2
    if child_obeys:
        assert pairs == [["relay", "relay"]] * 2
    else:
        assert {remote for _, remote in pairs} == {"relay"}
