"""How fast the live room is, and how large: one JSON object. Run as ``python -m bench.live_room [rooms]``.

Each room lives a whole visit: three people join, the door opens, a guest comes, lines drop and heal, the child pauses,
the visit ends. Everything that a server adds to it (sockets, storage, JSON) is left out.
"""

import json
import logging
import sys
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import structlog

from rooms.ids import ParticipantId, PeerId, ReferralId, VisitId, new_id
from rooms.roles import Composition, Role
from rooms.visits.commands import (
    Admit,
    Detach,
    End,
    Join,
    Knock,
    OpenDoor,
    Pause,
    Reattach,
    RoomCommand,
    SetMedia,
    Tick,
)
from rooms.visits.live_room import LiveRoom
from rooms.visits.plan import RoomPlan, SeatPlan
from rooms.visits.states import RoomState

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
PEOPLE = (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST, Role.GUARDIAN)


def new_room() -> LiveRoom:
    """A room nobody has come to yet."""
    return LiveRoom(
        RoomPlan(
            visit=VisitId(new_id()),
            referral=ReferralId(new_id()),
            composition=Composition.ACCOMPANIED,
            seats=tuple(SeatPlan(ParticipantId(new_id()), role) for role in PEOPLE),
            starts_at=START,
            ends_at=START + timedelta(hours=1),
            closes_at=START + timedelta(hours=2),
        )
    )


def until_live(room: LiveRoom) -> tuple[list[tuple[RoomCommand, float]], list[PeerId]]:
    """The commands, each with its second, that make a room live with four people in it; and their peers."""
    child, worker, psychologist, guardian = (seat.participant for seat in room.plan.seats)
    peers = [PeerId(new_id()) for _ in room.plan.seats]
    script: list[tuple[RoomCommand, float]] = [
        (Join(peers[0], (child,)), 0),
        (Join(peers[1], (worker,)), 1),
        (Join(peers[2], (psychologist,)), 2),
        (Knock(peers[2]), 3),
        (OpenDoor(peers[0]), 5),
        *((SetMedia(peer, audio=True, video=True), 6.0) for peer in peers[:3]),
        (Join(peers[3], (guardian,)), 60),
        (Admit(peers[1], guardian), 62),
    ]
    return script, peers


def until_closed(peers: list[PeerId]) -> list[tuple[RoomCommand, float]]:
    """The rest of the visit: a short break, a long one, the child's pause, the end."""
    child, worker, psychologist, _ = peers
    return [
        (Detach(child), 100),
        (Reattach(child), 101),
        (Detach(worker), 200),
        (Tick(), 201.5),
        (Tick(), 220),
        (Reattach(worker), 230),
        (Pause(child, on=True), 300),
        (Pause(child, on=False), 330),
        (End(psychologist), 3000),
        (Tick(), 3010),
    ]


def play(room: LiveRoom, script: list[tuple[RoomCommand, float]]) -> None:
    """Apply each command at its second."""
    for command, second in script:
        room.apply(command, START + timedelta(seconds=second))


def main(rooms: int) -> None:
    """Print the figures of ``rooms`` rooms."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO), cache_logger_on_first_use=True
    )
    lives = []
    for _ in range(rooms):
        room = new_room()
        coming, peers = until_live(room)
        lives.append((room, coming + until_closed(peers)))
    commands = sum(len(script) for _, script in lives)
    began = time.process_time()
    for room, script in lives:
        play(room, script)
    cpu_s = time.process_time() - began
    if any(room.state is not RoomState.CLOSED for room, _ in lives):
        raise SystemExit("a room did not live its whole visit")

    tracemalloc.start()
    held = []
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(rooms):
        room = new_room()
        play(room, until_live(room)[0])
        held.append(room)
    after, _ = tracemalloc.get_traced_memory()
    figures = {
        "rooms": rooms,
        "commands": commands,
        "commands_per_second": round(commands / cpu_s),
        "microseconds_per_command": round(cpu_s / commands * 1e6, 1),
        "cpu_ms_per_visit": round(cpu_s / rooms * 1e3, 2),
        "bytes_per_live_room_of_four": round((after - before) / len(held)),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
