"""What every bus promises. A test module for a bus subclasses :class:`BusContract` and gives the fixture ``bus``."""

import asyncio
from collections.abc import Callable

from rooms.ids import ParticipantId, PeerId, new_id
from rooms.roles import Role
from rooms.unit_of_work import Actor
from signaling import messages
from signaling.bus import Bus
from signaling.bus_messages import (
    AnyBusMessage,
    ClaimMade,
    Cut,
    Deliver,
    SeatRevoked,
    SeatVacated,
    SocketArrived,
    SocketGarbled,
    SocketId,
    SocketLost,
    SocketSaid,
    VisitClosed,
    decode,
    encode,
)
from signaling.dictionaries import OfferDescription, Resume
from signaling.voice_frames import Voice

SOCKET = SocketId(new_id())
PARTICIPANT = ParticipantId(new_id())
EVERY_MESSAGE: tuple[AnyBusMessage, ...] = (
    SocketArrived(SOCKET, Actor.participant(PARTICIPANT), (PARTICIPANT,), replace=True, resume=None),
    SocketArrived(SOCKET, Actor.account(new_id()), (PARTICIPANT,), replace=False, resume=Resume(new_id(), new_id(), 7)),
    SocketSaid(SOCKET, messages.Ping(3)),
    SocketSaid(SOCKET, messages.Offer(new_id(), 1, OfferDescription("offer", "v=0\r\n\u0639"))),
    SocketSaid(SOCKET, Voice(to=(PeerId(new_id()),), stream=b"\xc3\0\xff\1", part=1, keys=(), sealed=b"\x80" * 16)),
    SocketGarbled(SOCKET),
    SocketLost(SOCKET),
    SeatRevoked(PARTICIPANT),
    SeatVacated(PARTICIPANT),
    VisitClosed("cancelled"),
    ClaimMade(new_id(), PARTICIPANT, Role.GUARDIAN),
    Deliver(b'{"type":"waiting","seq":1}'),
    Deliver(b"\x01" + b"\xff" * 40),
    Cut(4403),
)


async def comes_true(fact: Callable[[], bool]) -> None:
    """Wait for a fact; a bus between processes takes its time."""
    async with asyncio.timeout(5):
        while not fact():  # noqa: ASYNC110 (the fact is the test's own, not the bus's to signal)
            await asyncio.sleep(0.001)


class BusContract:
    """The promises of :mod:`signaling.bus`, one test each."""

    async def test_every_message_arrives_as_it_was_sent_and_in_order(self, bus: Bus) -> None:
        heard: list[AnyBusMessage] = []
        bus.subscribe("room/a", heard.append)
        for message in EVERY_MESSAGE * 20:
            bus.publish("room/a", message)
        await comes_true(lambda: len(heard) == 20 * len(EVERY_MESSAGE))
        assert heard == list(EVERY_MESSAGE * 20)

    async def test_channels_do_not_hear_each_other(self, bus: Bus) -> None:
        one: list[AnyBusMessage] = []
        other: list[AnyBusMessage] = []
        bus.subscribe("room/a", one.append)
        bus.subscribe("room/ab", other.append)
        bus.publish("room/ab", Cut(1000))
        await comes_true(lambda: bool(other))
        assert one == []

    async def test_every_subscriber_of_a_channel_hears(self, bus: Bus) -> None:
        heard: list[str] = []
        bus.subscribe("room/a", lambda _: heard.append("first"))
        bus.subscribe("room/a", lambda _: heard.append("second"))
        bus.publish("room/a", Cut(1000))
        await comes_true(lambda: sorted(heard) == ["first", "second"])

    async def test_nobody_on_a_channel_is_no_fault(self, bus: Bus) -> None:
        bus.publish("room/nobody", Cut(1000))

    async def test_after_cancel_nothing_arrives(self, bus: Bus) -> None:
        heard: list[AnyBusMessage] = []
        stays: list[AnyBusMessage] = []
        subscription = bus.subscribe("room/a", heard.append)
        bus.subscribe("room/a", stays.append)
        subscription.cancel()
        subscription.cancel()
        bus.publish("room/a", Cut(1000))
        await comes_true(lambda: bool(stays))
        assert heard == []

    async def test_one_subscribers_fault_reaches_nobody_else(self, bus: Bus) -> None:
        heard: list[AnyBusMessage] = []

        def fail(_: AnyBusMessage) -> None:
            raise RuntimeError("a fault")

        bus.subscribe("room/a", fail)
        bus.subscribe("room/a", heard.append)
        bus.publish("room/a", Cut(1000))
        bus.publish("room/a", Cut(1001))
        await comes_true(lambda: len(heard) == 2)

    async def test_a_subscriber_may_publish_and_subscribe(self, bus: Bus) -> None:
        heard: list[AnyBusMessage] = []

        def answer(_: AnyBusMessage) -> None:
            bus.subscribe("socket/b", heard.append)
            bus.publish("socket/b", Cut(1000))

        bus.subscribe("room/a", answer)
        bus.publish("room/a", Cut(1001))
        await comes_true(lambda: bool(heard))

    async def test_after_close_nothing_arrives(self, bus: Bus) -> None:
        heard: list[AnyBusMessage] = []
        bus.subscribe("room/a", heard.append)
        await bus.close()
        bus.publish("room/a", Cut(1000))
        await asyncio.sleep(0)
        assert heard == []

    def test_every_message_survives_the_way_through_bytes(self) -> None:
        for message in EVERY_MESSAGE:
            assert decode(encode(message)) == message
