"""The rules of a live room told a second time, in plain dicts and sets, for comparison with the real one.

Written from the rules alone and for reading, not for speed: everything that can be worked out is worked out anew.
One seat for each role, so that a role stands for its participant.
"""

from copy import copy
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from rooms.roles import Composition, Role
from rooms.visits import commands
from rooms.visits.plan import RoomPlan

CHILD, WORKER, PSYCHOLOGIST = Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST
GUESTS = {Role.GUARDIAN, Role.INTERPRETER, Role.SUPERVISOR}
REASONS = {
    CHILD: "classroom-missing",
    WORKER: "social-worker-missing",
    PSYCHOLOGIST: "psychologist-missing",
}


class RefusedByModelError(Exception):
    """The model refuses a command, for the reason whose code this holds."""


def refuse_unless(condition: object, code: str) -> None:
    if not condition:
        raise RefusedByModelError(code)


class RoomModel:
    """``facts`` is everything that is not worked out."""

    def __init__(self, plan: RoomPlan) -> None:
        self.composition = plan.composition
        self.closes_at = plan.closes_at
        self.facts: dict[str, Any] = {
            "peer": {},  # role -> the peer that holds the seat
            "in": set(),  # roles admitted
            "away": {},  # peer -> since when, None when heard; in order of joining
            "media": {},  # peer -> (audio, video)
            "removed": {seat.role for seat in plan.seats if seat.removed},
            "welcome": {seat.role for seat in plan.seats if seat.admitted},
            "knocked": False,
            "door": plan.door_opened,
            "child_paused": False,
            "state": "waiting",
            "was_live": False,
            "legs": set(),
            "lost": set(),
            "ending_at": None,
            "closed": None,
        }

    def apply(self, command: commands.RoomCommand, now: datetime) -> None:
        """Follow one command, or raise :class:`RefusedByModelError` and stay as before."""
        before = {name: copy(fact) for name, fact in self.facts.items()}
        try:
            if self.facts["closed"] is None:
                self._pass_time(now)
            if self.facts["closed"] is None:
                getattr(self, "_" + type(command).__name__.lower())(command, now)
                self._settle(now)
            else:
                late = isinstance(command, commands.Detach | commands.Leave | commands.Tick)
                refuse_unless(late, "room-closed")
        except RefusedByModelError:
            self.facts = before
            raise

    # What can be worked out

    def at(self, peer: str) -> set[Role]:
        return {role for role, holder in self.facts["peer"].items() if holder == peer}

    def heard(self) -> set[Role]:
        return {role for role, peer in self.facts["peer"].items() if self.facts["away"][peer] is None}

    def needed(self) -> set[Role]:
        """Required, and not both admitted and heard."""
        return {CHILD, WORKER, PSYCHOLOGIST} - (self.heard() & self.facts["in"])

    def gone_since(self, role: Role) -> datetime | None:
        """Since when an admitted required person is away; None where nobody holds the place."""
        return self.facts["away"][self.facts["peer"][role]] if role in self.facts["in"] else None

    def knocked(self) -> bool:
        return self.facts["knocked"] and PSYCHOLOGIST in self.heard()

    def reasons(self) -> set[str]:
        if self.facts["state"] != "paused":
            return set()
        missing = {REASONS[role] for role in self.needed()} if self.facts["was_live"] else set()
        return missing | ({"child-asked"} if self.facts["child_paused"] else set())

    def roster(self) -> set[tuple[Any, ...]]:
        facts = self.facts
        return {
            (
                role,
                "admitted" if role in facts["in"] else "waiting",
                "present" if facts["away"][peer] is None else "away",
                peer,
                *facts["media"][peer],
            )
            for role, peer in facts["peer"].items()
        }

    def pairs(self) -> set[frozenset[str]]:
        taking_part = set(self.facts["in"])
        if self.composition is Composition.ONE_TO_ONE:
            taking_part.discard(WORKER)
        peers = [peer for peer in self.facts["away"] if self.at(peer) & taking_part]
        return {frozenset(pair) for pair in combinations(peers, 2)}

    # Time and what follows

    def _pass_time(self, now: datetime) -> None:
        facts = self.facts
        for peer, since in list(facts["away"].items()):
            if since is not None and now - since >= timedelta(minutes=10):
                self._go(peer)
        if facts["ending_at"] is not None and now >= facts["ending_at"]:
            self._shut("ended")
        elif now >= self.closes_at:
            self._shut("hard-end")
        else:
            self._settle(now)

    def _shut(self, reason: str) -> None:
        self.facts.update(closed=reason, state="closed", legs=set(), ending_at=None)

    def _settle(self, now: datetime) -> None:
        facts = self.facts
        if facts["closed"] is not None:
            return
        patience = facts["state"] == "live" and all(
            (since := self.gone_since(role)) is not None and now - since < timedelta(seconds=20)
            for role in self.needed()
        )
        if facts["child_paused"]:
            facts["state"] = "paused"
        elif not self.needed() or patience:
            facts["state"] = "live"
        else:
            facts["state"] = "paused" if facts["was_live"] else "waiting"
        facts["was_live"] |= facts["state"] == "live"
        facts["lost"] &= self.needed()
        if facts["was_live"]:
            facts["lost"] |= {
                role
                for role in self.needed() - {CHILD}
                if (since := self.gone_since(role)) is None or now - since >= timedelta(seconds=1.5)
            }
        facts["legs"] &= self.pairs()
        if facts["state"] == "live":
            facts["legs"] |= self.pairs()

    # Who asks

    def _refuse_unheard(self, peer: str) -> None:
        refuse_unless(peer in self.facts["away"] and self.facts["away"][peer] is None, "not-connected")

    def _refuse_all_but(self, peer: str, role: Role) -> None:
        self._refuse_unheard(peer)
        refuse_unless(role in self.at(peer), "not-allowed")

    def _refuse_all_but_professionals(self, peer: str) -> None:
        self._refuse_unheard(peer)
        professional = self.at(peer) & {WORKER, PSYCHOLOGIST}
        refuse_unless(professional, "not-allowed")
        refuse_unless(professional & self.facts["in"], "not-admitted")

    # Commands

    def _go(self, peer: str) -> None:
        for role in self.at(peer):
            self._empty(role)
            self.facts["welcome"].discard(role)
        self.facts["away"].pop(peer, None)

    def _empty(self, role: Role) -> None:
        """The seat is empty; who was let in or knocked there is so no more."""
        self.facts["peer"].pop(role, None)
        self.facts["in"].discard(role)
        if role is PSYCHOLOGIST:
            self.facts["knocked"] = False

    def _drop_if_empty(self, peer: str) -> None:
        if not self.at(peer):
            self.facts["away"].pop(peer, None)

    def _join(self, command: commands.Join, now: datetime) -> None:
        facts = self.facts
        roles = [Role(name) for name in command.participants]
        refuse_unless(command.peer not in facts["away"], "wrong-state")
        for role in roles:
            refuse_unless(role not in facts["removed"], "seat-removed")
            refuse_unless(role not in self.heard() or command.replace, "seat-in-use")
        facts["away"][command.peer] = None
        facts["media"][command.peer] = (False, False)
        for role in roles:
            old = facts["peer"].get(role)
            facts["peer"][role] = command.peer
            if old is not None:
                self._drop_if_empty(old)
            free = {CHILD, WORKER} | facts["welcome"] - {PSYCHOLOGIST} | ({PSYCHOLOGIST} if facts["door"] else set())
            facts["in"] -= {role} - free
            facts["in"] |= {role} & free

    def _detach(self, command: commands.Detach, now: datetime) -> None:
        if command.peer in self.facts["away"] and self.facts["away"][command.peer] is None:
            self.facts["away"][command.peer] = now

    def _reattach(self, command: commands.Reattach, now: datetime) -> None:
        refuse_unless(command.peer in self.facts["away"], "not-connected")
        self.facts["away"][command.peer] = None

    def _leave(self, command: commands.Leave, now: datetime) -> None:
        self._go(command.peer)

    def _knock(self, command: commands.Knock, now: datetime) -> None:
        self._refuse_all_but(command.peer, PSYCHOLOGIST)
        self.facts["knocked"] |= PSYCHOLOGIST not in self.facts["in"]

    def _opendoor(self, command: commands.OpenDoor, now: datetime) -> None:
        self._refuse_all_but(command.peer, CHILD)
        if not self.facts["door"]:
            refuse_unless(self.knocked(), "door-not-knocked")
            self.facts["door"] = True
            self.facts["knocked"] = False
            self.facts["in"].add(PSYCHOLOGIST)

    def _refuse_all_but_waiting_guests(self, role: Role) -> None:
        refuse_unless(role in GUESTS, "not-allowed")
        refuse_unless(role in self.facts["peer"] and role not in self.facts["in"], "not-waiting")

    def _admit(self, command: commands.Admit, now: datetime) -> None:
        self._refuse_all_but_professionals(command.peer)
        role = Role(command.participant)
        if role not in self.facts["in"]:
            self._refuse_all_but_waiting_guests(role)
            self.facts["in"].add(role)
            self.facts["welcome"].add(role)

    def _deny(self, command: commands.Deny, now: datetime) -> None:
        self._refuse_all_but_professionals(command.peer)
        role = Role(command.participant)
        self._refuse_all_but_waiting_guests(role)
        peer = self.facts["peer"][role]
        self._empty(role)
        self._drop_if_empty(peer)

    def _remove(self, command: commands.Remove, now: datetime) -> None:
        self._refuse_all_but_professionals(command.peer)
        role = Role(command.participant)
        own = self.at(command.peer)
        refuse_unless(role not in own and role is not WORKER, "not-allowed")
        refuse_unless(WORKER in own or role is not PSYCHOLOGIST, "not-allowed")
        self._take_away(role)

    def _revoke(self, command: commands.Revoke, now: datetime) -> None:
        self._take_away(Role(command.participant))

    def _take_away(self, role: Role) -> None:
        self.facts["removed"].add(role)
        self.facts["welcome"].discard(role)
        peer = self.facts["peer"].get(role)
        self._empty(role)
        if peer is not None:
            self._drop_if_empty(peer)

    def _pause(self, command: commands.Pause, now: datetime) -> None:
        self._refuse_all_but(command.peer, CHILD)
        self.facts["child_paused"] = command.on

    def _askhelp(self, command: commands.AskHelp, now: datetime) -> None:
        self._refuse_unheard(command.peer)
        refuse_unless(self.at(command.peer) & (self.facts["in"] | {CHILD}), "not-admitted")

    def _setmedia(self, command: commands.SetMedia, now: datetime) -> None:
        self._refuse_unheard(command.peer)
        self.facts["media"][command.peer] = (command.audio, command.video)

    def _reconnect(self, command: commands.Reconnect, now: datetime) -> None:
        self._refuse_unheard(command.peer)

    def _end(self, command: commands.End, now: datetime) -> None:
        self._refuse_all_but_professionals(command.peer)
        self.facts["ending_at"] = self.facts["ending_at"] or min(now + timedelta(seconds=10), self.closes_at)

    def _keepgoing(self, command: commands.KeepGoing, now: datetime) -> None:
        self._refuse_all_but_professionals(command.peer)
        self.facts["ending_at"] = None

    def _close(self, command: commands.Close, now: datetime) -> None:
        self._shut(command.reason)

    def _tick(self, command: commands.Tick, now: datetime) -> None:
        """Time has passed already."""
