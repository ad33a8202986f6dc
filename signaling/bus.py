"""The one way in which sockets and rooms speak: by channels, so that they need not live in one process.

Promised by every bus, and tested by ``tests/signaling/bus_contract.py``: messages of one publisher on one channel
arrive in their order and at most once; a channel that nobody listens to swallows them; one subscriber's fault reaches
neither another subscriber nor the publisher; what is published after :meth:`Bus.subscribe` has returned arrives, for
rights are read then and must not change unheard; nothing arrives after :meth:`Subscription.cancel`.
"""

from collections.abc import Callable
from typing import Protocol

import structlog

from signaling.bus_messages import AnyBusMessage

log = structlog.get_logger(__name__)

Callback = Callable[[AnyBusMessage], None]


class Subscription(Protocol):
    """A place on a channel."""

    def cancel(self) -> None:
        """Hear nothing more. May be called again."""
        ...


class Bus(Protocol):
    """Carries frozen messages by channel."""

    def publish(self, channel: str, message: AnyBusMessage) -> None:
        """Hand a message over; returns at once and never raises for a subscriber's sake."""
        ...

    def subscribe(self, channel: str, callback: Callback) -> Subscription:
        """Have ``callback`` called, on the event loop, with each message of the channel from now on."""
        ...

    async def close(self) -> None:
        """Let go of everything; no callback is called afterwards."""
        ...


class InProcessSubscription:
    """A place on a channel of an :class:`InProcessBus`."""

    __slots__ = ("_bus", "callback", "channel")

    def __init__(self, bus: "InProcessBus", channel: str, callback: Callback) -> None:
        self._bus = bus
        self.channel = channel
        self.callback = callback

    def cancel(self) -> None:
        """Hear nothing more."""
        self._bus.drop(self)


class InProcessBus:
    """A bus within one process: publishing calls the subscribers, one after the other, before it returns."""

    def __init__(self) -> None:
        self._channels: dict[str, tuple[InProcessSubscription, ...]] = {}

    def publish(self, channel: str, message: AnyBusMessage) -> None:
        """Call every subscriber of the channel."""
        for subscription in self._channels.get(channel, ()):
            try:
                subscription.callback(message)
            except Exception:
                log.exception("bus subscriber failed", channel=channel, kind=type(message).__name__)

    def subscribe(self, channel: str, callback: Callback) -> InProcessSubscription:
        """Add a subscriber."""
        subscription = InProcessSubscription(self, channel, callback)
        self._channels[channel] = (*self._channels.get(channel, ()), subscription)
        return subscription

    def drop(self, subscription: InProcessSubscription) -> None:
        """Remove a subscriber; unknown ones are ignored."""
        left = tuple(other for other in self._channels.get(subscription.channel, ()) if other is not subscription)
        if left:
            self._channels[subscription.channel] = left
        else:
            self._channels.pop(subscription.channel, None)

    async def close(self) -> None:
        """Forget all subscribers."""
        self._channels.clear()
