"""What is said on the socket of a line check: text frames with one JSON object; binary frames are measured.

Page: ``hello`` first, then ``offer`` (once), ``down`` and ``tell`` as often as the caps allow. Server: ``welcome``,
``answer`` or ``no-peer``, ``told``.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

#: Longer texts are refused before they are parsed: an offer with its candidates is about 2 kB.
TEXT_MAX_BYTES = 24 * 1024
#: The largest burst that may be asked for at once.
BURST_MAX_BYTES = 131_072


class Over(StrEnum):
    """What carries the measured frames."""

    PEER = "peer"
    WEB = "web"


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hello"):
    """Who asks: the pass that a POST has given to this browser."""

    permit: Annotated[str, msgspec.Meta(min_length=16, max_length=64)]


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="offer"):
    """The page's offer of one data channel, with all its candidates."""

    sdp: Annotated[str, msgspec.Meta(min_length=1, max_length=16_000)]


class Down(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="down"):
    """Send this many bytes of filler."""

    over: Over
    length: Annotated[int, msgspec.Meta(ge=1, le=BURST_MAX_BYTES)]


class Tell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="tell"):
    """Tell what has arrived since the last time, and start counting anew."""

    over: Over


Said = Hello | Offer | Down | Tell
_DECODER: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """The check may begin. ``peer`` is false where this installation has none: "measured over the web only"."""

    peer: bool


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """The measuring peer's answer."""

    sdp: str


class NoPeer(msgspec.Struct, frozen=True, tag="no-peer"):
    """The offer was refused, whatever was wrong with it."""


class Told(msgspec.Struct, frozen=True, tag="told"):
    """What has arrived: pings, bytes of filler, and its rate in kbit/s at the IP layer."""

    pings: int
    bytes: int
    kbps: float | None


class GarbledError(Exception):
    """Not one of the messages above."""


def decode(text: str) -> Said:
    """Parse one text frame. Raises :class:`GarbledError` for everything that is not exactly one message."""
    if len(text) > TEXT_MAX_BYTES:
        raise GarbledError
    try:
        return _DECODER.decode(text)
    except (ValueError, msgspec.DecodeError, RecursionError):
        raise GarbledError from None
