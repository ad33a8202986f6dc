"""A TURN client (RFC 8489, RFC 8656) of a hundred lines, that asks for what a browser never would."""

import hashlib
import hmac
import ipaddress
import os
import socket
import struct
from dataclasses import dataclass

COOKIE = 0x2112A442
ALLOCATE, REFRESH, SEND, DATA, CREATE_PERMISSION, CHANNEL_BIND, CONNECT = (
    0x003,
    0x004,
    0x016,
    0x017,
    0x008,
    0x009,
    0x00A,
)
USERNAME, INTEGRITY, ERROR_CODE, CHANNEL_NUMBER, LIFETIME = 0x0006, 0x0008, 0x0009, 0x000C, 0x000D
PEER_ADDRESS, DATA_VALUE, REALM, NONCE = 0x0012, 0x0013, 0x0014, 0x0015
RELAYED_ADDRESS, ADDRESS_FAMILY, TRANSPORT = 0x0016, 0x0017, 0x0019
UDP_RELAY, TCP_RELAY = b"\x11\0\0\0", b"\x06\0\0\0"
IPV4, IPV6 = b"\x01\0\0\0", b"\x02\0\0\0"
UNAUTHORIZED, STALE_NONCE = 401, 438

Attributes = list[tuple[int, bytes]]


@dataclass(frozen=True)
class Answer:
    """``error`` is 0 for success, else the error code."""

    error: int
    attributes: dict[int, bytes]

    @property
    def lifetime_s(self) -> int:
        return int.from_bytes(self.attributes[LIFETIME], "big")

    @property
    def relayed(self) -> tuple[str, int]:
        family, port, address = struct.unpack("!xBH4s", self.attributes[RELAYED_ADDRESS])
        assert family == 1
        plain = int.from_bytes(address, "big") ^ COOKIE
        return str(ipaddress.IPv4Address(plain)), port ^ (COOKIE >> 16)


class TurnClient:
    """One five-tuple. ``sock`` is connected to the relay, by UDP or TCP, and closed by :meth:`close`."""

    def __init__(self, sock: socket.socket, username: str = "", password: str = "") -> None:
        self.sock = sock
        self.sock.settimeout(3)
        self.username, self.password = username, password
        self.realm = self.nonce = b""

    def close(self) -> None:
        self.sock.close()

    def allocates(self, *, lifetime_s: int | None = None, family: bytes = b"", transport: bytes = UDP_RELAY) -> Answer:
        attributes = [(TRANSPORT, transport)]
        if lifetime_s is not None:
            attributes.append((LIFETIME, lifetime_s.to_bytes(4, "big")))
        if family:
            attributes.append((ADDRESS_FAMILY, family))
        return self.asks(ALLOCATE, attributes)

    def refreshes(self, lifetime_s: int) -> Answer:
        return self.asks(REFRESH, [(LIFETIME, lifetime_s.to_bytes(4, "big"))])

    def permits(self, peer: str, port: int = 9) -> Answer:
        return self.asks(CREATE_PERMISSION, [self.peer(peer, port)])

    def binds_channel(self, peer: str, port: int = 9, number: int = 0x4000) -> Answer:
        return self.asks(CHANNEL_BIND, [(CHANNEL_NUMBER, struct.pack("!HH", number, 0)), self.peer(peer, port)])

    def connects_to(self, peer: str, port: int = 9) -> Answer:
        return self.asks(CONNECT, [self.peer(peer, port)])

    def sends(self, data: bytes, peer: str, port: int) -> None:
        """Send an indication: it has no answer."""
        self.sock.send(self._message(SEND, os.urandom(12), [self.peer(peer, port), (DATA_VALUE, data)], signed=False))

    def hears(self) -> bytes:
        """Return the next data that came through the relay."""
        while True:
            kind, _, attributes = self._receive()
            if kind == DATA:
                return attributes[DATA_VALUE]

    @staticmethod
    def peer(address: str, port: int) -> tuple[int, bytes]:
        ip = ipaddress.ip_address(address)
        # RFC 8489, 14.2: IPv6 is masked with the cookie and the transaction, which _message fills in.
        return PEER_ADDRESS, struct.pack("!BBH", 0, 1 if ip.version == 4 else 2, port ^ (COOKIE >> 16)) + ip.packed

    def asks(self, method: int, attributes: Attributes) -> Answer:
        answer = self._exchange(method, attributes)
        if answer.error in (UNAUTHORIZED, STALE_NONCE) and NONCE in answer.attributes and self.username:
            first_time = not self.nonce
            self.realm, self.nonce = answer.attributes[REALM], answer.attributes[NONCE]
            if first_time or answer.error == STALE_NONCE:
                return self._exchange(method, attributes)
        return answer

    def _exchange(self, method: int, attributes: Attributes) -> Answer:
        transaction = os.urandom(12)
        self.sock.send(self._message(method, transaction, attributes, signed=bool(self.nonce)))
        while True:
            kind, answered, received = self._receive()
            if answered != transaction:
                continue
            if kind == method | 0x0100:
                return Answer(0, received)
            code = received[ERROR_CODE]
            return Answer(code[2] * 100 + code[3], received)

    def _message(self, method: int, transaction: bytes, attributes: Attributes, *, signed: bool) -> bytes:
        if signed:
            attributes = [*attributes, (USERNAME, self.username.encode()), (REALM, self.realm), (NONCE, self.nonce)]
        body = b"".join(_attribute(kind, _masked(kind, value, transaction)) for kind, value in attributes)
        if not signed:
            return struct.pack("!HHI", method, len(body), COOKIE) + transaction + body
        head = struct.pack("!HHI", method, len(body) + 24, COOKIE) + transaction
        key = hashlib.md5(f"{self.username}:{self.realm.decode()}:{self.password}".encode()).digest()
        return head + body + _attribute(INTEGRITY, hmac.new(key, head + body, hashlib.sha1).digest())

    def _receive(self) -> tuple[int, bytes, dict[int, bytes]]:
        data = self.sock.recv(65_536)
        while self.sock.type == socket.SOCK_STREAM and len(data) < 20 + int.from_bytes(data[2:4], "big"):
            data += self.sock.recv(65_536)
        kind, length = struct.unpack("!HH", data[:4])
        attributes: dict[int, bytes] = {}
        offset = 20
        while offset < 20 + length:
            name, size = struct.unpack("!HH", data[offset : offset + 4])
            attributes.setdefault(name, data[offset + 4 : offset + 4 + size])
            offset += 4 + size + -size % 4
        return kind, data[8:20], attributes


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def _masked(kind: int, value: bytes, transaction: bytes) -> bytes:
    if kind != PEER_ADDRESS:
        return value
    mask = struct.pack("!I", COOKIE) + transaction
    return value[:4] + bytes(a ^ b for a, b in zip(value[4:], mask, strict=False))
