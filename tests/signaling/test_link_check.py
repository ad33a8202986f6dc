"""A line is measured against the server's own peer, within caps; where there is none, over the web."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import psutil
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aioice.ice import get_host_addresses
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from signaling.ice_servers import IceServer, IceServers, TurnSettings
from signaling.link_check.app import CHECK_PATH, setup
from signaling.link_check.endpoint import CheckClose, LinkChecks
from signaling.link_check.measurement import FILLER, FRAME_BYTES, PING, filler
from signaling.link_check.settings import LinkCheckSettings
from signaling.media_peer.description import OfferRefusedError, admissible_offer
from signaling.media_peer.peer import MeasuringPeer, is_installed, relay_addresses

ORIGIN = "https://wasl.test"
NO_SERVERS = RTCConfiguration(iceServers=[])
PATIENCE_S = 15

needs_an_address = pytest.mark.skipif(not get_host_addresses(True, False), reason="this machine has loopback alone")


class Page:
    """A page that checks its line, in Python."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[bytes] = []

    async def says(self, kind: str, **fields: object) -> None:
        await self.socket.send_str(json.dumps({"type": kind, **fields}))

    async def hears(self) -> dict:
        while True:
            message = await asyncio.wait_for(self.socket.receive(), PATIENCE_S)
            if message.type is aiohttp.WSMsgType.TEXT:
                return json.loads(message.data)
            assert message.type is aiohttp.WSMsgType.BINARY, f"closed with {self.socket.close_code}"
            self.frames.append(message.data)

    async def closes(self) -> int | None:
        async with asyncio.timeout(PATIENCE_S):
            while (await self.socket.receive()).type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
                pass
        return self.socket.close_code


class Server:
    def __init__(self, url: str, checks: LinkChecks, http: aiohttp.ClientSession) -> None:
        self.url, self.checks, self.http = url, checks, http
        self._count = 0

    async def connects(self, origin: str = ORIGIN) -> Page:
        return Page(await self.http.ws_connect(self.url, headers={"Origin": origin}))

    async def begins(self, browser: str | None = None) -> Page:
        self._count += 1
        permit, _ = self.checks.permit(browser or f"browser {self._count}")
        page = await self.connects()
        await page.says("hello", permit=permit)
        return page


@asynccontextmanager
async def serving(**changes: object) -> AsyncIterator[Server]:
    app = web.Application()
    settings = LinkCheckSettings(allowed_origins=frozenset({ORIGIN}), **changes)  # type: ignore[arg-type]
    checks = setup(app, settings)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        yield Server(str(server.make_url(CHECK_PATH)), checks, http)


async def offer_of(connection: RTCPeerConnection) -> str:
    await connection.setLocalDescription(await connection.createOffer())
    return connection.localDescription.sdp


class TestWithPeer:
    @needs_an_address
    async def test_frames_are_echoed_counted_and_sent_over_the_data_channel(self) -> None:
        connection = RTCPeerConnection(NO_SERVERS)
        channel = connection.createDataChannel("line", ordered=False, maxRetransmits=0)
        opened, got = asyncio.Event(), []
        channel.on("open", opened.set)
        channel.on("message", got.append)
        try:
            async with serving() as server:
                page = await server.begins()
                assert await page.hears() == {"type": "welcome", "peer": True}
                await page.says("offer", sdp=await offer_of(connection))
                answer = await page.hears()
                await connection.setRemoteDescription(RTCSessionDescription(sdp=answer["sdp"], type="answer"))
                await asyncio.wait_for(opened.wait(), PATIENCE_S)
                for number in range(5):
                    channel.send(bytes([PING, number]))
                for frame in filler(20_000, bytes(FRAME_BYTES)):
                    channel.send(frame)
                await wait_until(lambda: len(got) == 5)
                assert {frame[1] for frame in got} == set(range(5))
                await asyncio.sleep(0.3)
                await page.says("tell", over="peer")
                told = await page.hears()
                assert (told["pings"], told["bytes"]) == (5, 20_000)
                assert told["kbps"] > 500
                await page.says("down", over="peer", length=30_000)
                await wait_until(lambda: len(got) == 35)
                assert {frame[0] for frame in got[5:]} == {FILLER}
                await page.socket.close()
                await wait_until(lambda: server.checks.running() == 0)
        finally:
            await connection.close()

    async def test_a_socket_that_ends_takes_its_peer_with_it(self) -> None:
        connection = RTCPeerConnection(NO_SERVERS)
        connection.createDataChannel("line")
        async with serving() as server:
            page = await server.begins()
            await page.hears()
            await page.says("offer", sdp=await offer_of(connection))
            assert (await page.hears())["type"] == "answer"
            before = open_udp_sockets()
            await page.socket.close()
            await wait_until(lambda: server.checks.running() == 0)
            await wait_until(lambda: open_udp_sockets() < before or not get_host_addresses(True, True))
        await connection.close()

    async def test_a_second_offer_is_refused(self) -> None:
        connection = RTCPeerConnection(NO_SERVERS)
        connection.createDataChannel("line")
        offer = await offer_of(connection)
        async with serving() as server:
            page = await server.begins()
            await page.hears()
            for expected in ("answer", "no-peer"):
                await page.says("offer", sdp=offer)
                assert (await page.hears())["type"] == expected
        await connection.close()


def open_udp_sockets() -> int:
    return len(psutil.Process().net_connections("udp"))


async def wait_until(holds, patience_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(patience_s):
        while not holds():  # noqa: ASYNC110 (waits on whatever the test looks at)
            await asyncio.sleep(0.02)


class TestHostileOffers:
    async def test_no_address_that_an_offer_names_gets_a_packet(self) -> None:
        """Third addresses in candidates of every type, and as default ones: 50 listeners hear nothing."""
        listeners = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(50)]
        for listener in listeners:
            listener.bind(("0.0.0.0", 0))
            listener.setblocking(False)
        ports = [listener.getsockname()[1] for listener in listeners]
        addresses = ["127.0.0.1", *get_host_addresses(True, False)]
        connection = RTCPeerConnection(NO_SERVERS)
        connection.createDataChannel("line")
        offer = await offer_of(connection)
        await connection.close()
        kept = [line for line in offer.split("\r\n") if not line.startswith(("a=candidate", "a=end-of"))]
        kinds = ("host", "srflx raddr 0.0.0.0 rport 9", "relay") * 20
        named = [
            f"a=candidate:{number} 1 udp {2130706431 - number} {address} {port} typ {kind}"
            for number, (port, kind) in enumerate(zip(ports, kinds, strict=False))
            for address in (addresses[number % len(addresses)],)
        ]
        peers = []
        try:
            for start in range(0, 50, 10):
                lines = [line.replace("0.0.0.0", addresses[-1]) if line.startswith("c=") else line for line in kept]
                peer = MeasuringPeer(None, lambda _: None)
                peers.append(peer)
                await peer.answer("\r\n".join([*lines[:-1], *named[start : start + 10], ""]))
            await asyncio.sleep(2)
            heard = [listener for listener in listeners if is_readable(listener)]
            assert heard == []
        finally:
            for peer in peers:
                await peer.close()
            for listener in listeners:
                listener.close()

    @needs_an_address
    async def test_the_listeners_would_hear_it_without_the_filter(self) -> None:
        """The control of the test above: aiortc does send to whatever an offer names."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(("0.0.0.0", 0))
        listener.setblocking(False)
        offering, answering = RTCPeerConnection(NO_SERVERS), RTCPeerConnection(NO_SERVERS)
        try:
            offering.createDataChannel("line")
            offer = await offer_of(offering)
            line = f"a=candidate:1 1 udp 1 {get_host_addresses(True, False)[0]} {listener.getsockname()[1]} typ host"
            await answering.setRemoteDescription(RTCSessionDescription(sdp=f"{offer}{line}\r\n", type="offer"))
            await answering.setLocalDescription(await answering.createAnswer())
            await wait_until(lambda: is_readable(listener), 5)
        finally:
            listener.close()
            await offering.close()
            await answering.close()

    @pytest.mark.parametrize(
        "mutate",
        [
            lambda sdp: "",
            lambda sdp: "v=0",
            lambda sdp: sdp.replace("a=ice-ufrag", "a=nothing"),
            lambda sdp: sdp.replace("a=ice-pwd:", "a=ice-pwd:x"),
            lambda sdp: sdp.replace("a=fingerprint:sha-256", "a=fingerprint:md-5"),
            lambda sdp: "\r\n".join(line for line in sdp.split("\r\n") if "fingerprint" not in line),
            lambda sdp: sdp.replace("a=setup:actpass", "a=setup:nonsense"),
            lambda sdp: sdp.replace("a=sctp-port:5000", "a=sctp-port:many"),
            lambda sdp: sdp.replace("a=mid:0", "a=mid"),
            lambda sdp: sdp.replace("webrtc-datachannel", ""),
            lambda sdp: sdp.replace("UDP/DTLS/SCTP", "RTP/AVP"),
            lambda sdp: sdp.replace("m=application", "m=audio"),
            lambda sdp: sdp * 2,
            lambda sdp: sdp + sdp[sdp.index("m=") :],
            lambda sdp: sdp + "a=" + "x" * 10_000,
            lambda sdp: sdp.replace("a=group:BUNDLE 0", "a=group:BUNDLE 9 9 9"),
            lambda sdp: sdp[: len(sdp) // 2],
            lambda sdp: sdp + "a=candidate:1 1 udp 1 198.51.100.9 99999 typ relay\r\n",
        ],
    )
    async def test_a_broken_offer_is_one_error_and_the_socket_lives(self, mutate) -> None:
        connection = RTCPeerConnection(NO_SERVERS)
        connection.createDataChannel("line")
        offer = mutate(await offer_of(connection))
        await connection.close()
        async with serving() as server:
            page = await server.begins()
            await page.hears()
            await page.says("offer", sdp=offer or "-")
            assert (await page.hears())["type"] in {"no-peer", "answer"}
            await page.says("tell", over="web")
            assert (await page.hears())["type"] == "told"

    def test_only_a_candidate_on_our_own_relay_passes(self) -> None:
        offer = "\r\n".join([  # noqa: FLY002 (a line for a line)
            "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0",
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:0",
            "a=candidate:1 1 udp 1 192.0.2.1 50000 typ relay raddr 203.0.113.5 rport 4",
            "a=candidate:2 1 udp 1 198.51.100.7 50000 typ relay raddr 203.0.113.5 rport 4",
            "a=candidate:3 1 udp 1 192.0.2.1 22 typ relay",
            "a=candidate:4 1 udp 1 192.0.2.1 50000 typ host",
            "a=end-of-candidates", "",
        ])  # fmt: skip
        passed = admissible_offer(offer, {"192.0.2.1"})
        kept = [line for line in passed.split("\r\n") if "candidate" in line]
        assert kept == ["a=candidate:1 1 udp 1 192.0.2.1 50000 typ relay raddr 0.0.0.0 rport 9"]
        assert "203.0.113.5" not in passed

    @pytest.mark.parametrize("section", ["audio 9 UDP/TLS/RTP/SAVPF 111", "video 9 UDP/TLS/RTP/SAVPF 96"])
    def test_sound_and_picture_are_not_taken(self, section: str) -> None:
        with pytest.raises(OfferRefusedError):
            admissible_offer(f"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm={section}\r\n", ())

    async def test_relays_are_known_by_address(self) -> None:
        servers = IceServers(
            servers=(IceServer(urls=("turn:192.0.2.1:3478?transport=udp", "turns:[2001:db8::1]:5349")),),
            expires_at=None,  # type: ignore[arg-type]
        )
        assert await relay_addresses(servers) == {"192.0.2.1", "2001:db8::1"}
        assert await relay_addresses(None) == frozenset()


def is_readable(listener: socket.socket) -> bool:
    try:
        listener.recv(2048)
    except BlockingIOError:
        return False
    return True


class TestCaps:
    async def test_a_fifth_check_has_to_wait_and_a_place_comes_free(self) -> None:
        async with serving() as server:
            pages = [await server.begins() for _ in range(4)]
            for page in pages:
                await page.hears()
            fifth = await server.begins()
            assert await fifth.closes() == CheckClose.BUSY
            await pages[0].socket.close()
            await wait_until(lambda: server.checks.running() == 3)
            assert (await (await server.begins()).hears())["type"] == "welcome"

    async def test_a_browser_checks_once_at_a_time(self) -> None:
        async with serving() as server:
            first = await server.begins("one")
            await first.hears()
            assert server.checks.is_full("one")
            assert not server.checks.is_full("other")
            assert await (await server.begins("one")).closes() == CheckClose.BUSY

    async def test_a_check_ends_with_its_time(self) -> None:
        async with serving(time_max_s=0.3) as server:
            page = await server.begins()
            assert await page.closes() == CheckClose.OVER_TIME
            await wait_until(lambda: server.checks.running() == 0)

    async def test_a_check_ends_with_its_bytes_both_ways_together(self) -> None:
        async with serving(bytes_max=100_000) as server:
            page = await server.begins()
            await page.hears()
            await page.says("down", over="web", length=60_000)
            for frame in filler(60_000, bytes(FRAME_BYTES)):
                await page.socket.send_bytes(frame)
            assert await page.closes() == CheckClose.OVER_BYTES

    @pytest.mark.parametrize(
        "text", ["", "{", '{"type":"down","over":"web","length":1}', '{"type":"hello","permit":1}']
    )
    async def test_a_stranger_is_turned_away(self, text: str) -> None:
        async with serving() as server:
            page = await server.connects()
            await page.socket.send_str(text)
            assert await page.closes() == CheckClose.GARBLED

    async def test_a_permit_is_good_once_and_for_a_minute(self) -> None:
        now = 0.0
        checks = LinkChecks(LinkCheckSettings(allowed_origins=frozenset()), clock=lambda: now)
        permit, _ = checks.permit("one")
        assert checks.spend(permit).browser == "one"
        with pytest.raises(Exception, match="NO_PERMIT"):
            checks.spend(permit)
        late, _ = checks.permit("one")
        now = 61.0
        with pytest.raises(Exception, match="NO_PERMIT"):
            checks.spend(late)

    async def test_a_foreign_page_may_not_open_the_socket(self) -> None:
        async with serving() as server:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await server.connects(origin="https://elsewhere.example")
            assert refused.value.status == 403

    async def test_a_relay_credential_goes_with_the_permit_and_differs_by_browser(self) -> None:
        turn = TurnSettings(urls=("turn:192.0.2.1:3478?transport=udp",), secrets=("s" * 40,))
        checks = LinkChecks(LinkCheckSettings(allowed_origins=frozenset(), turn=turn))
        names = set()
        for browser in ("one", "other"):
            _, servers = checks.permit(browser)
            assert servers is not None
            names.add(servers.servers[-1].username)
        assert len(names) == 2


class TestWithoutPeer:
    async def test_an_offer_is_answered_with_no_peer_and_the_web_is_measured(self) -> None:
        async with serving(has_peer=False) as server:
            page = await server.begins()
            assert await page.hears() == {"type": "welcome", "peer": False}
            await page.says("offer", sdp="v=0")
            assert await page.hears() == {"type": "no-peer"}
            await page.socket.send_bytes(bytes([PING, 7]))
            for frame in filler(8_000, bytes(FRAME_BYTES)):
                await page.socket.send_bytes(frame)
            await page.says("tell", over="web")
            told = await page.hears()
            assert (told["type"], told["pings"], told["bytes"]) == ("told", 1, 8_000)
            assert page.frames == [bytes([PING, 7])]

    @pytest.mark.commands
    def test_the_peer_is_not_loaded_before_it_is_needed(self) -> None:
        code = "import sys, web.app; sys.exit('aiortc' in sys.modules or 'av' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

    def test_whether_it_is_installed_is_seen_without_loading_it(self) -> None:
        assert is_installed() is True
