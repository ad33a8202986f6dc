"""Who is told what: from commands of the wire to those of the room, and from what happened to the frames for each peer.

Pure: the room, the events and the ICE servers come in, messages go out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from msgspec import structs

from rooms.ids import PeerId
from rooms.visits import commands, events
from rooms.visits.commands import RoomCommand
from rooms.visits.events import RoomEvent
from rooms.visits.live_room import Leg, LiveRoom
from signaling import messages
from signaling.candidate_filter import filter_candidate, filter_description
from signaling.close_codes import CloseCode
from signaling.dictionaries import AnswerDescription, CandidateInit, OfferDescription, RosterSeat
from signaling.ice_servers import IceServer
from signaling.messages import Answer, Candidate, Offer, RelayedClientMessage, ServerMessage


class RefusedError(Exception):
    """A message may not be passed on. ``code`` is one of the wire's error codes."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message for one peer, if any; ``close`` ends its socket after it."""

    peer: PeerId
    message: ServerMessage | None
    close: CloseCode | None = None


#: What a page may ask of the room itself.
Request = (
    messages.Leave
    | messages.Knock
    | messages.OpenDoor
    | messages.Admit
    | messages.Deny
    | messages.Remove
    | messages.Pause
    | messages.Help
    | messages.Media
    | messages.Reconnect
    | messages.End
    | messages.KeepGoing
)


def command_for(peer: PeerId, request: Request) -> RoomCommand:  # noqa: C901, PLR0911 (one branch for each message)
    """Return the room's command for a message of the page."""
    match request:
        case messages.Leave():
            return commands.Leave(peer)
        case messages.Knock():
            return commands.Knock(peer)
        case messages.OpenDoor():
            return commands.OpenDoor(peer)
        case messages.Admit(participant=participant):
            return commands.Admit(peer, participant)
        case messages.Deny(participant=participant):
            return commands.Deny(peer, participant)
        case messages.Remove(participant=participant):
            return commands.Remove(peer, participant)
        case messages.Pause(on=on):
            return commands.Pause(peer, on)
        case messages.Help():
            return commands.AskHelp(peer)
        case messages.Media(audio=audio, video=video):
            return commands.SetMedia(peer, audio, video)
        case messages.Reconnect(peer=other, negotiation=negotiation):
            return commands.Reconnect(peer, other, negotiation)
        case messages.End():
            return commands.End(peer)
        case messages.KeepGoing():
            return commands.KeepGoing(peer)
    assert_never(request)


def relay(
    message: RelayedClientMessage, sender: PeerId, leg: Leg | None, *, relay_only: bool
) -> messages.RelayedOffer | messages.RelayedAnswer | messages.RelayedCandidate | None:
    """Return what the other peer of the leg gets, or None when nothing of it may pass.

    ``relay_only`` takes every network address but a relay's out of it. Raises :class:`RefusedError` for a pair
    without a leg, for an older negotiation, and for a description that can not be cleaned.
    """
    if leg is None:
        raise RefusedError("no-leg")
    if message.negotiation != leg.negotiation:
        raise RefusedError("stale-negotiation")
    match message:
        case Offer():
            offer = OfferDescription("offer", _clean(message.description.sdp)) if relay_only else message.description
            return messages.RelayedOffer(sender=sender, negotiation=message.negotiation, description=offer)
        case Answer():
            answer = AnswerDescription("answer", _clean(message.description.sdp)) if relay_only else message.description
            return messages.RelayedAnswer(sender=sender, negotiation=message.negotiation, description=answer)
        case Candidate():
            candidate = message.candidate
            if relay_only and candidate is not None:
                candidate = _clean_candidate(candidate)
                if candidate is None:
                    return None
            return messages.RelayedCandidate(sender=sender, negotiation=message.negotiation, candidate=candidate)


def _clean(sdp: str) -> str:
    cleaned = filter_description(sdp)
    if cleaned is None:
        raise RefusedError("bad-description")
    return cleaned


def _clean_candidate(candidate: CandidateInit) -> CandidateInit | None:
    cleaned = filter_candidate(candidate.candidate)
    return None if cleaned is None else structs.replace(candidate, candidate=cleaned)


def room_snapshot(room: LiveRoom) -> messages.Room:
    """Return the room as the admitted see it."""
    return messages.Room(
        state=room.state,
        reasons=tuple(sorted(room.pause_reasons)),
        door_opened=room.door_opened,
        knocked=room.knocked,
        ending_at=room.ending_at,
        pauses_at=room.pauses_at,
        missing=room.missing,
    )


def roster_snapshot(room: LiveRoom, you: PeerId) -> messages.Roster:
    """Return everybody who is connected, as one of them sees it."""
    return messages.Roster(
        participants=tuple(
            RosterSeat(
                participant=entry.participant,
                role=entry.role,
                state=entry.state,
                presence=entry.presence,
                peer=entry.peer,
                audio=entry.audio,
                video=entry.video,
                you=entry.peer == you,
            )
            for entry in room.roster()
        )
    )


@dataclass(frozen=True, slots=True)
class Connections:
    """What a new connection is given. ``servers`` returns a peer's ICE servers, with credentials where TURN is used."""

    servers: Callable[[PeerId], tuple[IceServer, ...]]
    #: Whether the two peers may use relay candidates only: a child's address is shown to nobody.
    relay_only: Callable[[PeerId, PeerId], bool]

    def opened(self, leg: events.LegOpened) -> Iterator[Outgoing]:
        """Yield the two sides' ``connect``."""
        relay_only = self.relay_only(leg.polite, leg.impolite)
        for peer, other in ((leg.polite, leg.impolite), (leg.impolite, leg.polite)):
            yield Outgoing(
                peer,
                messages.Connect(
                    peer=other,
                    polite=peer == leg.polite,
                    negotiation=leg.negotiation,
                    relay_only=relay_only,
                    ice_servers=self.servers(peer),
                ),
            )


_CHANGES_ROOM = (
    events.ParticipantAdmitted,
    events.ParticipantGone,
    events.ParticipantRemoved,
    events.PeerReplaced,
    events.DoorKnocked,
    events.DoorOpened,
    events.RoomStateChanged,
    events.AdultLost,
    events.AdultReturned,
    events.EndingStarted,
    events.EndingCancelled,
)


def deliveries(room: LiveRoom, happened: Sequence[RoomEvent], connections: Connections) -> Iterator[Outgoing]:
    """Yield what each peer is to be told: its own fate, connections closed, the snapshots, connections opened.

    Everything but a peer's own fate goes to admitted peers only.
    """
    present = room.peers()
    admitted = [peer for peer in present if room.is_admitted(peer)]
    fates = dict.fromkeys(fate for event in happened for fate in _fate(event, present, admitted))
    yield from fates
    # A newer connection replaces the older by itself, and the page may let that go on until then.
    replaced = {(event.polite, event.impolite) for event in happened if isinstance(event, events.LegOpened)}
    for event in happened:
        if isinstance(event, events.LegClosed) and (event.polite, event.impolite) not in replaced:
            yield Outgoing(event.polite, messages.Disconnect(peer=event.impolite, negotiation=event.negotiation))
            yield Outgoing(event.impolite, messages.Disconnect(peer=event.polite, negotiation=event.negotiation))
    newcomers = {fate.peer for fate in fates if isinstance(fate.message, messages.Admitted)}
    yield from _snapshots(room, happened, admitted, newcomers)
    for event in happened:
        if isinstance(event, events.LegOpened):
            yield from connections.opened(event)
        elif isinstance(event, events.RoomClosed):
            closed = messages.Closed(reason=event.reason)
            yield from (Outgoing(peer, closed, CloseCode.ROOM_CLOSED) for peer in present)
        else:
            yield from (Outgoing(peer, notice) for notice in _notice(event) for peer in admitted)


def _fate(event: RoomEvent, present: Sequence[PeerId], admitted: Sequence[PeerId]) -> Iterator[Outgoing]:
    match event:
        case events.ParticipantWaiting(peer=peer) if peer in present and peer not in admitted:
            yield Outgoing(peer, messages.Waiting())
        case events.ParticipantAdmitted(peer=peer) if peer in admitted:
            yield Outgoing(peer, messages.Admitted())
        case events.ParticipantDenied(peer=peer):
            yield Outgoing(peer, messages.Denied(), None if peer in present else CloseCode.NORMAL)
        case events.ParticipantRemoved(peer=peer) if peer is not None and peer not in present:
            yield Outgoing(peer, messages.Removed(), CloseCode.REMOVED)
        case events.PeerReplaced(peer=peer):
            yield Outgoing(peer, messages.Moved(), CloseCode.MOVED)
        case events.ParticipantGone(peer=peer) if peer not in present:
            yield Outgoing(peer, None, CloseCode.NORMAL)
        case _:
            return


def _snapshots(
    room: LiveRoom, happened: Sequence[RoomEvent], admitted: Sequence[PeerId], newcomers: set[PeerId]
) -> Iterator[Outgoing]:
    everybody_room = any(isinstance(event, _CHANGES_ROOM) for event in happened)
    everybody_roster = any(isinstance(event, events.RosterChanged) for event in happened)
    snapshot = room_snapshot(room) if everybody_room or newcomers else None
    for peer in admitted:
        if snapshot is not None and (everybody_room or peer in newcomers):
            yield Outgoing(peer, snapshot)
        if everybody_roster or peer in newcomers:
            yield Outgoing(peer, roster_snapshot(room, peer))


def _notice(event: RoomEvent) -> Iterator[ServerMessage]:
    match event:
        case events.HelpAsked(role=role):
            yield messages.HelpAsked(role=role)
        case events.AdultLost(role=role, pauses_at=pauses_at):
            yield messages.AdultLost(role=role, pauses_at=pauses_at)
        case events.AdultReturned(role=role):
            yield messages.AdultReturned(role=role)
        case _:
            return


#: Commands that only take something away: people are told of them even while the database is out of reach.
NARROWING = (commands.Remove, commands.Revoke, commands.Close, commands.Leave, commands.Tick)


def is_decision(happened: Sequence[RoomEvent]) -> bool:
    """Say whether people decided something that must be stored before anybody is told: in, out, the door, the end."""
    return any(
        (isinstance(event, events.ParticipantAdmitted) and event.by is not None)
        or isinstance(event, events.ParticipantRemoved | events.DoorOpened | events.RoomClosed)
        for event in happened
    )
