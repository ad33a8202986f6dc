"""Tells systemd how the service stands (``sd_notify(3)``); does nothing where no ``NOTIFY_SOCKET`` is given."""

from __future__ import annotations

import os
import socket


def notify(state: str) -> None:
    """Send one state, such as ``READY=1`` or ``STOPPING=1``. Never fails: a lost notice must not stop a server."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # the abstract namespace, sd_notify(3)
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.connect(address)
            channel.sendall(state.encode())
    except OSError:
        return
