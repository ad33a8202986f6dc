"""What the filter lets through is enough for two real browser endpoints to meet at a real relay."""

import shutil
from datetime import UTC, datetime

import msgspec
import pytest
from playwright.async_api import async_playwright

from signaling.candidate_filter import filter_candidate, filter_description
from signaling.ice_servers import mint
from tests.support.call_page import WITHOUT_FEATURES
from tests.support.coturn import coturn_is_here, running_coturn

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    WITHOUT_FEATURES, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
    "--disable-background-networking",
]  # fmt: skip

#: Two endpoints in one page. Everything that goes from one to the other passes through the server's filter.
MEET = """
async ({iceServers, policy}) => {
    const one = new RTCPeerConnection({iceServers, iceTransportPolicy: policy});
    const other = new RTCPeerConnection({iceServers, iceTransportPolicy: policy});
    let passed = 0, refused = 0;
    for (const [from, to] of [[one, other], [other, one]]) {
        from.onicecandidate = async ({candidate}) => {
            if (!candidate) return;
            const filtered = await window.filterCandidate(candidate.candidate);
            if (filtered === null) { refused += 1; return; }
            if (filtered !== "") passed += 1;
            await to.addIceCandidate({...candidate.toJSON(), candidate: filtered});
        };
    }
    const heard = new Promise((resolve) => {
        other.ondatachannel = ({channel}) => { channel.onmessage = ({data}) => resolve(data); };
    });
    const channel = one.createDataChannel("proof");
    channel.onopen = () => channel.send("salam");
    const filtered = async ({type, sdp}) => ({type, sdp: await window.filterDescription(sdp)});
    await one.setLocalDescription();
    await other.setRemoteDescription(await filtered(one.localDescription));
    await other.setLocalDescription();
    await one.setRemoteDescription(await filtered(other.localDescription));
    const timeout = new Promise((resolve) => setTimeout(() => resolve(null), policy === "relay" ? 20000 : 3000));
    const message = await Promise.race([heard, timeout]);
    const kinds = [];
    const stats = await one.getStats();
    stats.forEach((s) => {
        if (s.type === "candidate-pair" && s.nominated) kinds.push(stats.get(s.localCandidateId).candidateType);
    });
    one.close(); other.close();
    return {message, passed, refused, kinds};
}
"""

pytestmark = [
    pytest.mark.turn,
    pytest.mark.browser,
    pytest.mark.skipif(not coturn_is_here(), reason="coturn: turnserver is not installed"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


async def two_endpoints_meet(ice_servers: list[dict], policy: str) -> dict:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        await page.expose_function("filterCandidate", filter_candidate)
        await page.expose_function("filterDescription", filter_description)
        result = await page.evaluate(MEET, {"iceServers": ice_servers, "policy": policy})
        await browser.close()
        return result


async def test_two_browsers_meet_at_the_relay_through_the_filter():
    with running_coturn() as coturn:
        servers = msgspec.to_builtins(mint(coturn.settings, "f" * 32, datetime.now(UTC)).servers)
        met = await two_endpoints_meet(servers, "relay")
    assert met["message"] == "salam"
    assert met["passed"] >= 2
    assert met["kinds"] == ["relay"]


async def test_a_browser_that_offers_its_own_addresses_gets_nowhere():
    met = await two_endpoints_meet([], "all")
    assert met["refused"] >= 1
    assert met["passed"] == 0
    assert met["message"] is None
