"""What can be asked of a live room: one frozen class for each command. The sender is always a connected peer."""

from dataclasses import dataclass

from rooms.ids import ParticipantId, PeerId


@dataclass(frozen=True, slots=True)
class Join:
    """A browser takes the seats of ``participants`` (one or more on one device) as a new peer.

    ``replace`` moves a seat from another peer that is still connected; without it that is refused with ``seat-in-use``.
    A peer that has lost its socket is replaced without asking.
    """

    peer: PeerId
    participants: tuple[ParticipantId, ...]
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Detach:
    """The peer's socket is gone; its person may come back, and its media may still flow."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Reattach:
    """The same peer is heard again on a new socket."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Leave:
    """The person pressed leave."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Knock:
    """The psychologist knocks at the child's door. Kept until the classroom side opens."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """The classroom side opens the door to whoever knocked."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Admit:
    """A professional lets one waiting participant in."""

    peer: PeerId
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class Deny:
    """A professional sends one waiting participant away; they may ask again."""

    peer: PeerId
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class Remove:
    """A professional removes a participant, for ever."""

    peer: PeerId
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class Pause:
    """The child's own pause. Only a peer that holds the classroom seat may set or lift it."""

    peer: PeerId
    on: bool


@dataclass(frozen=True, slots=True)
class AskHelp:
    """Somebody in the room needs help now. The child's side may always ask; whoever still waits may not."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class SetMedia:
    """The peer says whether its microphone and camera are on."""

    peer: PeerId
    audio: bool
    video: bool


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The connection between two peers does not come back: both are to make a new one.

    ``negotiation`` is that of the connection given up, so that both ends may ask and one new connection follows.
    """

    peer: PeerId
    other: PeerId
    negotiation: int


@dataclass(frozen=True, slots=True)
class End:
    """A professional ends the visit: a picture countdown begins."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class KeepGoing:
    """A professional takes the countdown back."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class Revoke:
    """From outside the room: the invitation was cancelled or the account disabled. Acts as a removal."""

    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class Close:
    """From outside the room: the visit was cancelled or rescheduled, or its hard end has come."""

    reason: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; due deadlines take effect."""


RoomCommand = (
    Join
    | Detach
    | Reattach
    | Leave
    | Knock
    | OpenDoor
    | Admit
    | Deny
    | Remove
    | Pause
    | AskHelp
    | SetMedia
    | Reconnect
    | End
    | KeepGoing
    | Revoke
    | Close
    | Tick
)
