"""Asks a TURN server for an allocation, as a browser would (RFC 8489, RFC 8656), and gives it back: `wasl doctor`."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signaling.ice_servers import mint

if TYPE_CHECKING:
    from datetime import datetime

    from signaling.ice_servers import TurnSettings

MAGIC_COOKIE = 0x2112A442
ALLOCATE, REFRESH = 0x003, 0x004
SUCCESS, FAILURE = 0x100, 0x110
USERNAME, INTEGRITY, ERROR_CODE, LIFETIME = 0x0006, 0x0008, 0x0009, 0x000D
REALM, NONCE, RELAYED_ADDRESS, TRANSPORT = 0x0014, 0x0015, 0x0016, 0x0019
OVER_UDP = b"\x11\x00\x00\x00"
UNAUTHORIZED = 401
ANSWER_TIMEOUT_S = 3.0
TAG = "doctor00"
URL = re.compile(r"turn:(?P<host>[^:?\[]+|\[[^\]]+\])(?::(?P<port>\d+))?(?:\?transport=(?P<transport>udp|tcp))?\Z")
DEFAULT_PORT = 3478
HEADER = struct.Struct("!HHI12s")
ATTRIBUTE = struct.Struct("!HH")


class NoAllocationError(Exception):
    """The relay gave nothing. The text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One STUN answer: its kind and its attributes."""

    kind: int
    attributes: dict[int, bytes]

    @property
    def error(self) -> int:
        """The error code, or 0."""
        code = self.attributes.get(ERROR_CODE, b"\0\0\0\0")
        return code[2] * 100 + code[3]


def udp_address(url: str) -> tuple[str, int] | None:
    """Return host and port of a ``turn:`` URL over UDP, or None for every other kind."""
    match = URL.match(url)
    if match is None or match["transport"] == "tcp":
        return None
    return match["host"].strip("[]"), int(match["port"] or DEFAULT_PORT)


def probe(turn: TurnSettings, address: tuple[str, int], now: datetime) -> None:
    """Make an allocation with a fresh credential and give it back. Raises :class:`NoAllocationError`, ``OSError``."""
    server = mint(turn, TAG, now).servers[-1]
    username, password = server.username or "", server.credential or ""
    family, kind, protocol, _, target = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as channel:
        channel.settimeout(ANSWER_TIMEOUT_S)
        channel.connect(target)
        challenge = _ask(channel, ALLOCATE, [(TRANSPORT, OVER_UDP)])
        if challenge.error != UNAUTHORIZED:
            raise NoAllocationError(f"it asked for no credential (answer {challenge.error or 'success'})")
        realm, nonce = challenge.attributes[REALM], challenge.attributes[NONCE]
        key = hashlib.md5(f"{username}:{realm.decode()}:{password}".encode(), usedforsecurity=False).digest()
        proof = [(USERNAME, username.encode()), (REALM, realm), (NONCE, nonce)]
        given = _ask(channel, ALLOCATE, [(TRANSPORT, OVER_UDP), *proof], key)
        if given.error or RELAYED_ADDRESS not in given.attributes:
            raise NoAllocationError(f"it refused the credential (answer {given.error})")
        _ask(channel, REFRESH, [(LIFETIME, bytes(4)), *proof], key)


def _ask(channel: socket.socket, method: int, attributes: list[tuple[int, bytes]], key: bytes | None = None) -> Answer:
    transaction = os.urandom(12)
    body = b"".join(_attribute(kind, value) for kind, value in attributes)
    if key is not None:
        # MESSAGE-INTEGRITY covers a header whose length counts the attribute itself (RFC 8489, 14.5).
        signed = HEADER.pack(method, len(body) + 24, MAGIC_COOKIE, transaction) + body
        body += _attribute(INTEGRITY, hmac.digest(key, signed, "sha1"))
    channel.send(HEADER.pack(method, len(body), MAGIC_COOKIE, transaction) + body)
    answer = channel.recv(2048)
    kind, _, cookie, answered = HEADER.unpack(answer[: HEADER.size])
    if cookie != MAGIC_COOKIE or answered != transaction or kind not in {method | SUCCESS, method | FAILURE}:
        raise NoAllocationError("what answered is no TURN server")
    return Answer(kind, dict(_attributes(answer[HEADER.size :])))


def _attribute(kind: int, value: bytes) -> bytes:
    return ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _attributes(body: bytes) -> list[tuple[int, bytes]]:
    found = []
    while len(body) >= ATTRIBUTE.size:
        kind, length = ATTRIBUTE.unpack(body[: ATTRIBUTE.size])
        found.append((kind, body[ATTRIBUTE.size : ATTRIBUTE.size + length]))
        body = body[ATTRIBUTE.size + length + (-length % 4) :]
    return found
