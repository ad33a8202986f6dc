"""The HTTP side of ``/check/line``: permits, caps, and one check from its first word to the closing of everything.

A check belongs to its socket: when the socket ends, for whatever reason, its peer connection, its ports and its
allocation at the relay end with it.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import assert_never

import msgspec
import structlog
from aiohttp import WSMsgType, web

from signaling.endpoint import bound_kernel_buffer
from signaling.ice_servers import IceServerMinter, IceServers
from signaling.link_check.measurement import FRAME_BYTES, Arrivals, filler
from signaling.link_check.messages import (
    TEXT_MAX_BYTES,
    Answer,
    Down,
    GarbledError,
    Hello,
    NoPeer,
    Offer,
    Over,
    Tell,
    Told,
    Welcome,
    decode,
)
from signaling.link_check.settings import LinkCheckSettings
from signaling.media_peer.description import OfferRefusedError
from signaling.media_peer.peer import MeasuringPeer

log = structlog.get_logger(__name__)

PERMIT_BYTES = 24
#: The page opens its socket right after it was given the permit, on any line.
PERMIT_LIFE_S = 60.0
PERMITS_MAX = 500


class CheckClose(IntEnum):
    """Close codes of ``/check/line``."""

    DONE = 1000
    GARBLED = 4400
    NO_PERMIT = 4401
    OVER_TIME = 4408
    BUSY = 4429
    OVER_BYTES = 4413


class EndedError(Exception):
    """The check is over. ``code`` says why."""

    def __init__(self, code: CheckClose) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Permit:
    browser: str
    ice_servers: IceServers | None
    expires_at: float


class LinkChecks:
    """The checks of this process. ``browser`` is any text that names one browser or person, the same each time."""

    def __init__(self, settings: LinkCheckSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._clock = clock
        self._minter = None if settings.turn is None else IceServerMinter(settings.turn)
        self._permits: dict[str, _Permit] = {}
        self._running: set[str] = set()
        self._strangers = 0
        self._sockets: set[web.WebSocketResponse] = set()
        self._checks: set[_Check] = set()

    def is_full(self, browser: str) -> bool:
        """Say whether this browser would have to wait: it checks already, or as many as may be are checking."""
        return browser in self._running or len(self._running) >= self.settings.checks_max

    def running(self) -> int:
        """Return how many checks are going on."""
        return len(self._running)

    def permit(self, browser: str) -> tuple[str, IceServers | None]:
        """Let a browser, whose right the caller has looked up, check once: the permit, and the servers to try."""
        now = self._clock()
        self._permits = {key: permit for key, permit in self._permits.items() if permit.expires_at > now}
        while len(self._permits) >= PERMITS_MAX:
            del self._permits[next(iter(self._permits))]
        ice_servers = None
        if self._minter is not None:
            ice_servers = self._minter.ice_servers(f"link-check\0{browser}", datetime.now(UTC))
        token = secrets.token_urlsafe(PERMIT_BYTES)
        self._permits[token] = _Permit(browser, ice_servers, now + PERMIT_LIFE_S)
        return token, ice_servers

    def spend(self, token: str) -> _Permit:
        """Take a permit for good. Raises :class:`EndedError` for an unknown one, and when there is no room."""
        permit = self._permits.pop(token, None)
        if permit is None or permit.expires_at <= self._clock():
            raise EndedError(CheckClose.NO_PERMIT)
        if self.is_full(permit.browser):
            raise EndedError(CheckClose.BUSY)
        return permit

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one check."""
        if request.headers.getall("Origin", []) not in [[origin] for origin in self.settings.allowed_origins]:
            return web.Response(status=403)
        if self._strangers >= self.settings.strangers_max:
            return web.Response(status=503, headers={"Retry-After": "5"})
        websocket = web.WebSocketResponse(max_msg_size=TEXT_MAX_BYTES, compress=False, autoclose=True)
        transport = request.transport
        await websocket.prepare(request)
        if transport is not None:
            bound_kernel_buffer(transport)
        self._sockets.add(websocket)
        try:
            code = await self._serve(websocket)
            await websocket.close(code=code)
        finally:
            self._sockets.discard(websocket)
            if transport is not None:
                transport.close()
        return websocket

    async def _serve(self, websocket: web.WebSocketResponse) -> CheckClose:
        try:
            permit = await self._greet(websocket)
        except (EndedError, TimeoutError) as ended:
            return ended.code if isinstance(ended, EndedError) else CheckClose.NO_PERMIT
        self._running.add(permit.browser)
        check = _Check(websocket, permit.ice_servers, self.settings)
        self._checks.add(check)
        try:
            async with asyncio.timeout(self.settings.time_max_s):
                await check.run()
        except EndedError as ended:
            return ended.code
        except TimeoutError:
            return CheckClose.OVER_TIME
        except ConnectionError:
            return CheckClose.DONE
        finally:
            try:
                await check.close()
            finally:
                self._checks.discard(check)
                self._running.discard(permit.browser)
        return CheckClose.DONE

    async def _greet(self, websocket: web.WebSocketResponse) -> _Permit:
        self._strangers += 1
        try:
            async with asyncio.timeout(self.settings.hello_deadline_s):
                message = await websocket.receive()
        finally:
            self._strangers -= 1
        said = _read(message.data) if message.type is WSMsgType.TEXT else None
        if not isinstance(said, Hello):
            raise EndedError(CheckClose.GARBLED)
        return self.spend(said.permit)

    async def close(self) -> None:
        """End every check, for a server that stops."""
        for websocket in tuple(self._sockets):
            await websocket.close(code=CheckClose.DONE)
        for check in tuple(self._checks):
            await check.close()


class _Check:
    """One measurement over one socket and, where there is one, the peer."""

    def __init__(
        self, websocket: web.WebSocketResponse, ice_servers: IceServers | None, settings: LinkCheckSettings
    ) -> None:
        self._websocket = websocket
        self._ice_servers = ice_servers
        self._settings = settings
        self._left = settings.bytes_max
        self._arrivals = {over: Arrivals() for over in Over}
        self._peer: MeasuringPeer | None = None
        self._filler = secrets.token_bytes(FRAME_BYTES)

    async def run(self) -> None:
        await self._say(Welcome(peer=self._settings.has_peer))
        async for message in self._websocket:
            if message.type is WSMsgType.BINARY:
                reply = self._took(Over.WEB, message.data)
                if reply is not None:
                    await self._websocket.send_bytes(reply)
            elif message.type is WSMsgType.TEXT:
                await self._heard(message.data)
            self._refuse_over_bytes()

    async def close(self) -> None:
        if self._peer is not None:
            await self._peer.close()

    async def _heard(self, text: str) -> None:
        match _read(text):
            case Hello():
                raise EndedError(CheckClose.GARBLED)
            case Offer(sdp=sdp):
                await self._answer(sdp)
            case Down(over=over, length=length):
                await self._send_burst(over, length)
            case Tell(over=over):
                arrived, self._arrivals[over] = self._arrivals[over], Arrivals()
                await self._say(Told(pings=arrived.pings, bytes=arrived.bytes, kbps=arrived.kbps()))
            case never:
                assert_never(never)

    async def _answer(self, offer: str) -> None:
        if not self._settings.has_peer or self._peer is not None:
            await self._say(NoPeer())
            return
        self._peer = MeasuringPeer(self._ice_servers, lambda frame: self._took(Over.PEER, frame))
        try:
            await self._say(Answer(sdp=await self._peer.answer(offer)))
        except OfferRefusedError:
            await self._peer.close()
            await self._say(NoPeer())

    async def _send_burst(self, over: Over, length: int) -> None:
        frames = filler(length, self._filler)
        if over is Over.PEER and self._peer is not None:
            await self._peer.send_burst(frames, self._pays)
        elif over is Over.WEB:
            for frame in frames:
                if self._pays(len(frame)):
                    await self._websocket.send_bytes(frame)

    def _took(self, over: Over, frame: bytes) -> bytes | None:
        """Count what arrived; nothing is echoed for free."""
        if not self._pays(len(frame)):
            return None
        reply = self._arrivals[over].took(frame, time.monotonic())
        return reply if reply is not None and self._pays(len(reply)) else None

    def _pays(self, length: int) -> bool:
        self._left -= length
        return self._left >= 0

    def _refuse_over_bytes(self) -> None:
        if self._left < 0:
            raise EndedError(CheckClose.OVER_BYTES)

    async def _say(self, message: msgspec.Struct) -> None:
        await self._websocket.send_str(msgspec.json.encode(message).decode())


def _read(text: str) -> Hello | Offer | Down | Tell:
    try:
        return decode(text)
    except GarbledError:
        raise EndedError(CheckClose.GARBLED) from None
