"""Reads and writes the text frames of the wire: strictly what a page says, exactly what the server says.

An unknown type or field, a duplicate key, a wrong type, NaN, or a text over its limit is one :class:`ProtocolError`.
"""

import json

import msgspec

from signaling.messages import ClientMessage, ServerMessage


class ProtocolError(Exception):
    """A frame is not one of the page's messages. ``reason`` is for the log and holds nothing the sender wrote."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_encoder = msgspec.json.Encoder()
_client_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_server_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)


def parse(frame: bytes) -> ClientMessage:
    """Read one text frame of a page. Raises :class:`ProtocolError` for anything but exactly one known message."""
    try:
        message = _client_decoder.decode(frame)
    except msgspec.ValidationError as fault:
        raise ProtocolError("not a message of the protocol") from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ProtocolError("not JSON") from fault
    # What a browser's JSON.stringify writes in the order of PROTOCOL.md is byte for byte what we would write, and
    # then no key can have come twice. Only another order or spacing pays for the slow look.
    if _encoder.encode(message) != frame:
        _refuse_duplicate_keys(frame)
    return message


def parse_server(frame: bytes | str) -> ServerMessage:
    """Read one text frame of the server, for peers written in Python. Raises ``msgspec.ValidationError``."""
    return _server_decoder.decode(frame)


def dump(message: ClientMessage | ServerMessage) -> bytes:
    """Write a message as the text of one frame, without ``seq`` unless it is set."""
    return _encoder.encode(message)


def stamp(frame: bytes, seq: int) -> bytes:
    """Return a dumped frame with its ``seq``: one dump then serves many peers."""
    return b'%b,"seq":%d}' % (frame[:-1], seq)


def type_of(message: msgspec.Struct) -> str:
    """Return the message's type as written on the wire."""
    return str(message.__struct_config__.tag)


def _refuse_duplicate_keys(frame: bytes) -> None:
    def once(pairs: list[tuple[str, object]]) -> None:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ProtocolError("duplicate key")

    try:
        json.loads(frame, object_pairs_hook=once)
    except (ValueError, RecursionError) as fault:
        raise ProtocolError("not JSON") from fault
