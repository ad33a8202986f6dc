"""Where a test's programs and sockets are: in this machine's own network, or in a namespace."""

import ctypes
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

CLONE_NEWNET = 0x40000000

Made = TypeVar("Made")


@dataclass(frozen=True)
class Network:
    """Where sockets are made: this machine's own network, or a namespace with only the addresses a test gave it."""

    namespace: str | None = None

    def command(self, *arguments: str) -> list[str]:
        return [*(("ip", "netns", "exec", self.namespace) if self.namespace else ()), *arguments]

    def socket(self, kind: socket.SocketKind, family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
        return self._inside(lambda: socket.socket(family, kind))

    def _inside(self, make: Callable[[], Made]) -> Made:
        """Call ``make`` on a thread that has entered the namespace: a socket stays where it was made."""
        if self.namespace is None:
            return make()
        made: list[Made] = []

        def enter_and_make() -> None:
            handle = os.open(f"/run/netns/{self.namespace}", os.O_RDONLY)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(handle, CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            finally:
                os.close(handle)
            made.append(make())

        thread = threading.Thread(target=enter_and_make)
        thread.start()
        thread.join()
        return made[0]


#: This machine's own.
MACHINE = Network()
