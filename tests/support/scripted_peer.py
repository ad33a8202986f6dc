"""The one WebSocket driver of the tests: a page without a browser, with a verb for each thing a person does."""

import asyncio
import json
from typing import Self, TypeVar

import aiohttp
from msgspec import structs

from rooms.ids import ParticipantId, PeerId
from signaling import messages
from signaling.close_codes import CloseCode
from signaling.codec import dump, parse_server
from signaling.dictionaries import (
    MEETING_PREFIX,
    SUBPROTOCOL,
    AnswerDescription,
    CandidateInit,
    OfferDescription,
    Resume,
)
from signaling.messages import ClientMessage, ServerMessage
from signaling.voice_frames import RelayedVoice, Voice
from tests.support import voice_on_the_wire

Message = TypeVar("Message")
Heard = ServerMessage | RelayedVoice
#: A test waits this long for what must come; what must not come is told apart by a ping and its pong.
PATIENCE_S = 5.0


class ScriptedPeer:
    """One page at a seat. ``frames`` holds all it was ever sent, bytes as Latin-1, ``heard`` the same as messages."""

    def __init__(self, http: aiohttp.ClientSession, url: str, *, origin: str = "https://wasl.test") -> None:
        self._http = http
        self._url = url
        self._origin = origin
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._sockets: list[aiohttp.ClientWebSocketResponse] = []
        self._unread: list[Heard] = []
        self.frames: list[str] = []
        self.heard: list[Heard] = []
        self.welcome: messages.Welcome | None = None
        #: ``seq`` of the last numbered frame.
        self.received = 0

    @property
    def socket(self) -> aiohttp.ClientWebSocketResponse:
        """The open socket."""
        assert self._socket is not None, "not connected"
        return self._socket

    @property
    def peer(self) -> PeerId:
        """This page's own peer id."""
        assert self.welcome is not None, "not welcomed"
        return self.welcome.peer

    @property
    def participant(self) -> ParticipantId:
        """Whose seat this is; the first where the device holds several."""
        assert self.welcome is not None, "not welcomed"
        return self.welcome.participants[0].participant

    # Coming and going

    async def connects(self, meeting: str | None = None) -> Self:
        """Open a socket and say nothing; it may wait at a meeting for its ticket."""
        protocols = (SUBPROTOCOL,) if meeting is None else (SUBPROTOCOL, MEETING_PREFIX + meeting)
        self._socket = await self._http.ws_connect(self._url, protocols=protocols, origin=self._origin)
        self._sockets.append(self._socket)
        return self

    async def joins(self, ticket: str, *, replace: bool = False) -> Self:
        """Open a socket, say hello, and wait for the welcome."""
        await self.connects()
        await self.says(messages.Hello(ticket, replace))
        self.received = 0
        self.welcome = await self.expects(messages.Welcome)
        return self

    async def resumes(self, ticket: str, *, received: int | None = None) -> messages.Welcome:
        """Open another socket as the same peer."""
        assert self.welcome is not None, "not welcomed"
        resume = Resume(self.peer, self.welcome.resume_key, self.received if received is None else received)
        await self.connects()
        await self.says(messages.Hello(ticket, resume=resume))
        self.welcome = await self.expects(messages.Welcome)
        if not self.welcome.resumed:
            self.received = 0
        return self.welcome

    def vanishes(self) -> None:
        """Lose the socket without a goodbye."""
        assert self.socket._conn is not None
        assert self.socket._conn.transport is not None
        self.socket._conn.transport.abort()

    async def goes_home(self) -> None:
        """Close every socket that is still open; for the end of a test."""
        for socket in self._sockets:
            await socket.close()

    async def leaves(self) -> None:
        """Press leave."""
        await self.says(messages.Leave())

    # Speaking

    async def says(self, message: ClientMessage | Voice) -> None:
        """Send a message."""
        if isinstance(message, Voice):
            await self.socket.send_bytes(voice_on_the_wire.write(message))
            return
        await self.socket.send_str(dump(message).decode())

    async def sends_text(self, text: str) -> None:
        """Send a frame that need not be a message."""
        await self.socket.send_str(text)

    async def knocks(self) -> None:
        """Knock at the child's door."""
        await self.says(messages.Knock())

    async def opens_door(self) -> None:
        """Open the child's door."""
        await self.says(messages.OpenDoor())

    async def admits(self, other: "ScriptedPeer") -> None:
        """Let somebody in."""
        await self.says(messages.Admit(other.participant))

    async def denies(self, other: "ScriptedPeer") -> None:
        """Send somebody away."""
        await self.says(messages.Deny(other.participant))

    async def removes(self, other: "ScriptedPeer") -> None:
        """Remove somebody, for ever."""
        await self.says(messages.Remove(other.participant))

    async def pauses(self, *, on: bool = True) -> None:
        """Set or lift the child's pause."""
        await self.says(messages.Pause(on))

    async def offers(self, connect: messages.Connect, sdp: str = "v=0\r\n") -> None:
        """Offer on the leg of a ``connect``."""
        await self.says(messages.Offer(connect.peer, connect.negotiation, OfferDescription("offer", sdp)))

    async def answers(self, connect: messages.Connect, sdp: str = "v=0\r\n") -> None:
        """Answer on the leg of a ``connect``."""
        await self.says(messages.Answer(connect.peer, connect.negotiation, AnswerDescription("answer", sdp)))

    async def trickles(self, connect: messages.Connect, candidate: str | None) -> None:
        """Send a candidate on the leg of a ``connect``; None ends them."""
        init = None if candidate is None else CandidateInit(candidate, "0", 0)
        await self.says(messages.Candidate(connect.peer, connect.negotiation, init))

    # Hearing

    async def hears(self) -> Heard:
        """Return the next message, whatever it is."""
        if self._unread:
            return self._unread.pop(0)
        return await self._receive()

    async def expects(self, kind: type[Message], **fields: object) -> Message:
        """Wait for a message of a kind, with these values where given; what came before it is passed over."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.hears()
                if isinstance(message, kind) and all(getattr(message, name) == value for name, value in fields.items()):
                    return message

    async def expects_error(self, code: str) -> messages.Error:
        """Wait for a refusal."""
        return await self.expects(messages.Error, code=code)

    async def has_heard_everything(self) -> list[Heard]:
        """Wait until the server has dealt with all that was sent so far; return what came unread meanwhile."""
        await self.says(messages.Ping(self.received))
        async with asyncio.timeout(PATIENCE_S):
            while not isinstance(message := await self._receive(), messages.Pong):
                self._unread.append(message)
        unread, self._unread = self._unread, []
        return unread

    async def is_closed_with(self, code: CloseCode) -> None:
        """Wait for the server to close the socket with a code."""
        async with asyncio.timeout(PATIENCE_S):
            while not isinstance(closed := await self._next(), int):
                self._note(closed)
        assert closed == code, f"closed with {closed}, not {code}"

    async def _receive(self) -> Heard:
        frame = await self._next()
        if isinstance(frame, int):
            raise ConnectionError(f"closed with {frame}")
        return self._note(frame)

    async def _next(self) -> str | bytes | int:
        frame = await self.socket.receive()
        if frame.type is aiohttp.WSMsgType.TEXT:
            return str(frame.data)
        if frame.type is aiohttp.WSMsgType.BINARY:
            return bytes(frame.data)
        return self.socket.close_code or CloseCode.INTERNAL_ERROR

    def _note(self, frame: str | bytes) -> Heard:
        if isinstance(frame, bytes):
            voice = voice_on_the_wire.read(frame)
            self.frames.append(frame.decode("latin-1"))
            self.heard.append(voice)
            return voice
        message = parse_server(frame)
        self.frames.append(frame)
        self.heard.append(message)
        if isinstance(message.seq, int):
            assert message.seq == self.received + 1, f"frame {message.seq} came after {self.received}"
            self.received = message.seq
        else:
            assert "seq" not in json.loads(frame)
        return structs.replace(message)
