"""How one room is, for the page of open rooms and for its minutes: roles and measurements, nobody's name."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from rooms.clock import Clock
from rooms.health.minutes import RoomMinute
from rooms.health.samples import LegSample, Rung, RungReason, RungSample
from rooms.health.verdict import SAMPLE_LIFE
from rooms.health.watch import RoomWatch, Standing
from rooms.ids import PeerId
from rooms.roles import Role
from rooms.visits.live_room import LiveRoom
from rooms.visits.states import ParticipantState, PauseReason, Presence, RoomState
from signaling.dictionaries import LegHealth
from signaling.messages import Health
from signaling.seated_peer import SeatedPeer

#: Pages report every five seconds, one after the other; the room is judged as often.
LOOK_EVERY = timedelta(seconds=5)
#: A device with several seats is spoken of by the first of these.
ROLE_ORDER = tuple(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatHealth:
    """One connected seat of an open room. What its device said too long ago is left out."""

    role: Role
    state: ParticipantState
    presence: Presence
    rung: Rung | None
    reason: RungReason | None
    #: The other end's roles, and what this end measures there. Of several seats at one device the first has them.
    legs: tuple[tuple[tuple[Role, ...], LegHealth], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomHealth:
    """An open room as an admin sees it. ``number`` counts the rooms of the day and names no visit."""

    number: int
    state: RoomState
    reasons: tuple[PauseReason, ...]
    since: datetime
    seats: tuple[SeatHealth, ...]
    standing: Standing


@dataclass(slots=True)
class _Device:
    """What one peer's browser said last."""

    health: Health
    rung: RungSample
    legs: dict[int, LegSample]


class RoomObserver:
    """Takes what the pages of one room measure. Its owner says when somebody is lost."""

    def __init__(self, room: LiveRoom, clock: Clock, *, turn_configured: bool) -> None:
        self._room = room
        self._clock = clock
        self._watch = RoomWatch(room.plan.visit, clock.now(), turn_configured=turn_configured)
        self._devices: dict[PeerId, _Device] = {}
        self._looked_at: datetime | None = None

    def reported(self, seated: SeatedPeer, message: Health) -> None:
        """Take one page's summary. Legs that are no more are passed over."""
        if not self._room.is_admitted(seated.peer):
            return
        now = self._clock.now()
        roles = self._roles()
        reporter = speaker(roles[seated.peer])
        before = self._devices.get(seated.peer)
        legs = {}
        for other, leg in self._present_legs(seated.peer, message):
            sample = LegSample(
                at=now,
                reporter=reporter,
                other=speaker(roles[other]),
                connection=leg.connection,
                candidate_type=leg.candidate_type,
                rtt_ms=leg.rtt_ms,
                loss_pct=leg.loss_pct,
                jitter_ms=leg.jitter_ms,
                invented_pct=leg.invented_pct,
                kbps_in=leg.kbps_in,
                kbps_out=leg.kbps_out,
            )
            self._watch.measured(sample, before.legs.get(leg.negotiation) if before else None, now)
            legs[leg.negotiation] = sample
        rung = RungSample(at=now, reporter=reporter, rung=message.rung, reason=message.reason)
        self._devices[seated.peer] = _Device(message, rung, legs)
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY:
            self._look(now)

    def lost(self) -> None:
        """Count a device that is not heard any more."""
        self._watch.dropped(self._clock.now())

    def health(self, number: int, since: datetime) -> RoomHealth:
        """Return the room as it is now."""
        now = self._clock.now()
        roles = self._roles()
        seats = []
        for entry in self._room.roster():
            device = self._devices.get(entry.peer)
            health = device.health if device is not None and now - device.rung.at <= SAMPLE_LIFE else None
            is_first = speaker(roles[entry.peer]) is entry.role
            legs = self._present_legs(entry.peer, health) if health is not None and is_first else ()
            seats.append(
                SeatHealth(
                    role=entry.role,
                    state=entry.state,
                    presence=entry.presence,
                    rung=health.rung if health else None,
                    reason=health.reason if health else None,
                    legs=tuple((roles[other], leg) for other, leg in legs),
                )
            )
        return RoomHealth(
            number=number,
            state=self._room.state,
            reasons=tuple(sorted(self._room.pause_reasons)),
            since=since,
            seats=tuple(seats),
            standing=self._look(now),
        )

    def take_minutes(self, *, closing: bool = False) -> list[RoomMinute]:
        """Return the minutes that are over, each once; ``closing``: the one that is going on too."""
        now = self._clock.now()
        minutes = self._watch.take_minutes(now, closing=closing)
        if not closing:
            # So that a minute in which no page reports is judged too.
            self._look(now)
        return minutes

    def _look(self, now: datetime) -> Standing:
        self._looked_at = now
        open_legs = {leg.negotiation for leg in self._room.legs()}
        present = set(self._room.peers())
        self._devices = {peer: device for peer, device in self._devices.items() if peer in present}
        devices = self._devices.values()
        return self._watch.look(
            self._room.state,
            self._room.pause_reasons,
            [sample for device in devices for leg, sample in device.legs.items() if leg in open_legs],
            [device.rung for device in devices],
            now,
        )

    def _present_legs(self, peer: PeerId, health: Health) -> Iterator[tuple[PeerId, LegHealth]]:
        """Yield a page's measurements of legs that there are, with the peer at the other end."""
        others = {
            leg.negotiation: leg.polite if leg.impolite == peer else leg.impolite
            for leg in self._room.legs()
            if peer in {leg.polite, leg.impolite}
        }
        for leg in health.legs:
            if leg.negotiation in others:
                yield others[leg.negotiation], leg

    def _roles(self) -> dict[PeerId, tuple[Role, ...]]:
        roles: dict[PeerId, tuple[Role, ...]] = {}
        for entry in self._room.roster():
            roles[entry.peer] = (*roles.get(entry.peer, ()), entry.role)
        return roles


def speaker(roles: tuple[Role, ...]) -> Role:
    """Return the role by which a device with these seats is spoken of: the child's first."""
    return min(roles, key=ROLE_ORDER.index)
