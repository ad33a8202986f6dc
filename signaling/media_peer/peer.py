"""A peer that answers one offer, echoes pings, takes and sends bursts on one data channel; its owner closes it.

Nothing that arrives is kept: a ping goes back, of a burst the length is counted.
"""

import asyncio
import contextlib
import importlib.util
import ipaddress
import re
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import structlog

from signaling.ice_servers import IceServers
from signaling.media_peer.description import OfferRefusedError, admissible_offer

if TYPE_CHECKING:
    from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection

log = structlog.get_logger(__name__)

#: Gathering asks this machine's interfaces and at most one relay.
ANSWER_PATIENCE_S = 6.0
CLOSE_PATIENCE_S = 3.0
#: What may wait in the channel before more is put there: a queue in the server would be measured as the line's.
WAITING_MAX_BYTES = 8 * 1024
#: Looking again whether the channel has room.
ROOM_POLL_S = 0.005
_HOST = re.compile(r"turns?:(?P<host>\[[^\]]+\]|[^:?]+)")


class Arrivals(Protocol):
    """Where the owner is told of what came through the data channel."""

    def __call__(self, frame: bytes) -> bytes | None:
        """Take one frame; return what goes back at once."""
        ...


def is_installed() -> bool:
    """Say whether this installation has the extra ``media``, without loading it."""
    return importlib.util.find_spec("aiortc") is not None


class MeasuringPeer:
    """One peer connection. Make it, :meth:`answer` once, and :meth:`close` it in every case."""

    def __init__(self, ice_servers: IceServers | None, arrivals: Arrivals) -> None:
        self._ice_servers = ice_servers
        self._arrivals = arrivals
        self._connection: RTCPeerConnection | None = None
        self._channel: RTCDataChannel | None = None
        self._closing: asyncio.Future[None] | None = None

    async def answer(self, offer: str) -> str:
        """Return the SDP of the answer, with all candidates in it.

        Raises :class:`OfferRefusedError` whatever was wrong: aiortc's parser answers broken offers with a dozen kinds
        of exception.
        """
        if self._connection is not None or self._closing is not None:
            raise OfferRefusedError
        admissible = admissible_offer(offer, await relay_addresses(self._ice_servers))
        try:
            async with asyncio.timeout(ANSWER_PATIENCE_S):
                return await self._negotiate(admissible)
        except Exception as error:  # noqa: BLE001 (a parser that raises anything)
            log.info("offer refused", kind=type(error).__name__)
            raise OfferRefusedError from None

    async def _negotiate(self, offer: str) -> str:
        # Imported here and not above: 115 MB that a server without link checks does not have.
        from aiortc import RTCPeerConnection, RTCSessionDescription  # noqa: PLC0415

        self._connection = RTCPeerConnection(_configuration(self._ice_servers))
        self._connection.on("datachannel", self._take_channel)
        await self._connection.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        answer = await self._connection.createAnswer()
        await self._connection.setLocalDescription(answer)
        return str(self._connection.localDescription.sdp)

    def _take_channel(self, channel: "RTCDataChannel") -> None:
        if self._channel is not None:
            channel.close()
            return
        self._channel = channel

        def take(frame: bytes | str) -> None:
            reply = self._arrivals(frame) if isinstance(frame, bytes) else None
            if reply is not None and channel.readyState == "open" and channel.bufferedAmount <= WAITING_MAX_BYTES:
                channel.send(reply)

        channel.on("message", take)

    async def send_burst(self, frames: list[bytes], may_send: Callable[[int], bool]) -> None:
        """Send frames as fast as the line takes them; stop where ``may_send`` refuses the next one's length."""
        channel = self._channel
        for frame in frames:
            while (  # noqa: ASYNC110 (aiortc tells of room once only, and not of a closing)
                channel is not None and channel.readyState == "open" and channel.bufferedAmount > WAITING_MAX_BYTES
            ):
                await asyncio.sleep(ROOM_POLL_S)
            if channel is None or channel.readyState != "open" or not may_send(len(frame)):
                return
            channel.send(frame)

    async def close(self) -> None:
        """Close the connection and its sockets. Bounded in time; every caller waits for the one closing."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        # A caller that is cancelled, as requests are when a server stops, does not leave sockets behind.
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        if self._connection is not None:
            # aiortc lets the cancelling of its own checks escape from here.
            with contextlib.suppress(Exception, asyncio.CancelledError):
                async with asyncio.timeout(CLOSE_PATIENCE_S):
                    await self._connection.close()


def _configuration(ice_servers: IceServers | None) -> "RTCConfiguration":
    """Return our own relay, or no server at all: left alone, aiortc would ask a public STUN server."""
    from aiortc import RTCConfiguration, RTCIceServer  # noqa: PLC0415

    relays = [
        RTCIceServer(urls=url, username=server.username, credential=server.credential)
        for server in (ice_servers.servers if ice_servers is not None else ())
        if server.username is not None
        for url in server.urls
        if url.startswith("turn:") and not url.endswith("transport=tcp")
    ]
    return RTCConfiguration(iceServers=relays[:1])


async def relay_addresses(ice_servers: IceServers | None) -> frozenset[str]:
    """Return the IP addresses of our relays."""
    urls = [url for server in (ice_servers.servers if ice_servers is not None else ()) for url in server.urls]
    hosts = {match["host"].strip("[]") for match in map(_HOST.match, urls) if match}
    found: set[str] = set()
    for host in hosts:
        try:
            found.add(str(ipaddress.ip_address(host)))
        except ValueError:
            with contextlib.suppress(OSError):
                told = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
                found |= {str(address[0]) for *_, address in told}
    return frozenset(found)
