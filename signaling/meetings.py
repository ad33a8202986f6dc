"""Where a page's request for a ticket meets its socket, so that the ticket need not go to the page and back first.

The page makes up a name that nobody can guess, says it in both, and whichever comes second finds the other. What is
handed over is an ordinary ticket: it is spent once, and rights are read when it is.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from rooms.clock import Clock
from rooms.tokens import TICKET_LIFE_S

#: Tickets that no socket has come for yet; beyond it the oldest is let go, and its page dials anew.
KEPT_MAX = 1_000


class Meetings:
    """One for each process: where request and socket come to different ones, the page gives up and dials anew."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._brought: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._waiting: dict[str, asyncio.Future[str]] = {}

    def bring(self, meeting: str, ticket: str) -> None:
        """Hand a ticket to the socket that waits, or keep it for the one that comes while the ticket lives."""
        waiting = self._waiting.pop(meeting, None)
        if waiting is not None:
            waiting.set_result(ticket)
            return
        self._forget_old()
        self._brought[meeting] = ticket, self._clock.now().timestamp()
        while len(self._brought) > KEPT_MAX:
            self._brought.popitem(last=False)

    @contextmanager
    def at(self, meeting: str | None) -> Iterator[asyncio.Future[str]]:
        """Wait at a meeting: what is yielded has the ticket, now or once it is brought.

        Of two sockets that come to one meeting the second waits for nothing, and so does one without any.
        """
        ticket: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if meeting is None:
            yield ticket
            return
        self._forget_old()
        brought, _ = self._brought.pop(meeting, (None, 0.0))
        if brought is not None:
            ticket.set_result(brought)
        elif meeting not in self._waiting:
            self._waiting[meeting] = ticket
        try:
            yield ticket
        finally:
            if self._waiting.get(meeting) is ticket:
                del self._waiting[meeting]

    def _forget_old(self) -> None:
        oldest = self._clock.now().timestamp() - TICKET_LIFE_S
        while self._brought and next(iter(self._brought.values()))[1] < oldest:
            self._brought.popitem(last=False)
