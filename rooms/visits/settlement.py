"""What follows in a live room from who is there now: its state, losses told, legs opened and closed, the next deadline.

Called after every command on a record that is being changed; each function appends the events of what it changes.
"""

from datetime import datetime

from rooms.roles import PROFESSIONALS, Role
from rooms.visits.composition import MISSING_REASON, REQUIRED
from rooms.visits.events import (
    AdultLost,
    AdultReturned,
    LegClosed,
    LegOpened,
    RoomClosed,
    RoomEvent,
    RoomStateChanged,
)
from rooms.visits.legs import Leg, allowed_pairs
from rooms.visits.plan import RoomPlan
from rooms.visits.room_record import RoomRecord
from rooms.visits.states import PauseReason, RoomState, transition
from rooms.visits.timings import PAUSE_AFTER, PLACE_KEPT, TELL_LOST_AFTER

Absences = dict[Role, datetime | None]


def settle(record: RoomRecord, events: list[RoomEvent], plan: RoomPlan, now: datetime, *, seats_moved: bool) -> None:
    """Bring state, losses, legs and the next deadline of an open room in line with who is there at ``now``.

    ``seats_moved`` says whether any seat changed its state or browser: nothing else changes which pairs are allowed.
    """
    if record.state is RoomState.CLOSED:
        return
    absent = record.absences(REQUIRED[plan.composition])
    state, reasons = _state_and_reasons(record, absent, now)
    live = state is RoomState.LIVE
    goes_live = live and record.state is not RoomState.LIVE
    record.has_been_live = record.has_been_live or live
    record.pauses_at = min((since + PAUSE_AFTER for since in absent.values() if since), default=None) if live else None
    _tell_losses(record, events, absent, now)
    _move(record, events, plan, state, reasons)
    if seats_moved or goes_live:
        _match_legs(record, events, plan)
    record.deadline = _next_deadline(record, plan, absent)


def close_room(record: RoomRecord, events: list[RoomEvent], plan: RoomPlan, reason: str) -> None:
    """Close the room for everybody. The seats stay as they were, so that each peer can still be told."""
    events.extend(LegClosed(leg.polite, leg.impolite, leg.negotiation) for leg in record.legs.values())
    record.legs = {}
    record.ending_at = record.pauses_at = record.deadline = None
    _move(record, events, plan, RoomState.CLOSED, frozenset())
    events.append(RoomClosed(reason))


def _state_and_reasons(record: RoomRecord, absent: Absences, now: datetime) -> tuple[RoomState, frozenset[PauseReason]]:
    """Return what the room is to be. A live room stays live for a while without somebody; no other becomes live so."""
    within_grace = record.state is RoomState.LIVE and all(
        since is not None and now < since + PAUSE_AFTER for since in absent.values()
    )
    if not record.child_paused and (not absent or within_grace):
        return RoomState.LIVE, frozenset()
    reasons = {PauseReason.CHILD_ASKED} if record.child_paused else set()
    if record.has_been_live:
        reasons.update(MISSING_REASON[role] for role in absent)
    state = RoomState.PAUSED if reasons else RoomState.WAITING
    return state, frozenset(reasons)


def _tell_losses(record: RoomRecord, events: list[RoomEvent], absent: Absences, now: datetime) -> None:
    """Tell of required adults lost and returned. Before the first live moment nobody can be lost."""
    for role in sorted(record.lost - absent.keys()):
        record.lost -= {role}
        events.append(AdultReturned(role))
    if not record.has_been_live:
        return
    for role, since in absent.items():
        if role not in PROFESSIONALS or role in record.lost:
            continue
        if since is None or now >= since + TELL_LOST_AFTER:
            record.lost |= {role}
            events.append(AdultLost(role, record.pauses_at or now))


def _move(
    record: RoomRecord, events: list[RoomEvent], plan: RoomPlan, state: RoomState, reasons: frozenset[PauseReason]
) -> None:
    if (state, reasons) == (record.state, record.reasons):
        return
    old = record.state
    if state is not old:
        record.state = transition(old, state, plan.visit)
    record.reasons = reasons
    events.append(RoomStateChanged(old, state, reasons))


def _match_legs(record: RoomRecord, events: list[RoomEvent], plan: RoomPlan) -> None:
    """Close legs whose pair is no longer allowed; while live, open those that are missing. A pause keeps them all."""
    if not record.legs and record.state is not RoomState.LIVE:
        return
    pairs = allowed_pairs(plan.composition, record.admitted_roles())
    for key, leg in tuple(record.legs.items()):
        if key not in pairs:
            del record.legs[key]
            events.append(LegClosed(leg.polite, leg.impolite, leg.negotiation))
    if record.state is not RoomState.LIVE:
        return
    for key, (polite, impolite) in pairs.items():
        if key not in record.legs:
            record.negotiations += 1
            record.legs[key] = Leg(polite, impolite, record.negotiations)
            events.append(LegOpened(polite, impolite, record.negotiations))


def _next_deadline(record: RoomRecord, plan: RoomPlan, absent: Absences) -> datetime:
    """Return the first instant after which time alone changes this record."""
    deadline = plan.closes_at
    if record.ending_at is not None:
        deadline = min(deadline, record.ending_at)
    if record.pauses_at is not None:
        deadline = min(deadline, record.pauses_at)
    for peer in record.peers.values():
        if peer.detached_at is not None:
            deadline = min(deadline, peer.detached_at + PLACE_KEPT)
    if record.has_been_live:
        for role, since in absent.items():
            if since is not None and role in PROFESSIONALS and role not in record.lost:
                deadline = min(deadline, since + TELL_LOST_AFTER)
    return deadline
