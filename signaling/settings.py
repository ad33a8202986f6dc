"""What an operator or a test may set about the wire. Times are in seconds."""

from dataclasses import dataclass

from signaling.ice_servers import TurnSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalingSettings:
    """The defaults are the promises of PROTOCOL.md."""

    #: Exactly what a browser writes into ``Origin``: scheme, host, and port unless it is the scheme's own.
    allowed_origins: frozenset[str]
    turn: TurnSettings | None = None
    #: A socket without ``hello`` is closed after this. A page opens it beside asking for its ticket.
    hello_deadline_s: float = 15.0
    #: A peer that was not heard for this long is away.
    presence_s: float = 4.0
    #: A peer that was not heard for this long loses its socket: the line is gone, though nobody has said so.
    half_open_s: float = 25.0
    #: A socket that takes nothing for this long is cut.
    write_limit_s: float = 10.0
    #: What may wait for one socket.
    outbox_max_frames: int = 256
    outbox_max_bytes: int = 256 * 1024
    #: Wrong messages after which a socket is closed.
    garbled_max: int = 8
    #: How long an admission may wait for the database before the room is given up: nobody enters unrecorded.
    decision_patience_s: float = 60.0
    #: How long a removal waits for the database before it is told anyway.
    narrowing_patience_s: float = 0.5
    #: How long events that decide nothing are gathered into one transaction.
    gather_s: float = 0.5
    #: How often the minutes of all rooms are stored.
    minutes_every_s: float = 60.0
    #: A room in which nobody has a place is put away after this.
    empty_room_s: float = 60.0
    #: How long the server waits at its end for the database and for sockets to close.
    closing_patience_s: float = 3.0
    #: Sockets on this process, and those of them that have not said ``hello`` yet.
    max_sockets: int = 5000
    max_strangers: int = 500
