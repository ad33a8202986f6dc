"""The messages of the rungs below voice: sealed clips of speech, sealed text between adults, pictures.

What is sealed was sealed in a browser for other browsers: the server checks lengths and alphabets and can read none of
it. Binary is base64url without padding.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from rooms.ids import PeerId
from signaling.dictionaries import Peer
from signaling.frames import ClientFrame, ServerFrame

#: Receivers of one clip: everybody else in the largest room.
CLIP_RECEIVERS_MAX = 4
CLIP_PARTS_MAX = 1000
CLIP_PART_MAX_CHARS = 4096
TEXT_MAX_CHARS = 1600

#: An uncompressed point on P-256: 65 bytes, of which the first is 4.
PublicKey = Annotated[str, Meta(pattern=r"\AB[A-P][A-Za-z0-9_-]{85}\Z")]
ClipId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
#: A counter of 4 bytes, then a clip's key of 32 bytes and its tag of 16.
WrappedKey = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{70}\Z")]
SealedPart = Annotated[str, Meta(max_length=CLIP_PART_MAX_CHARS, pattern=r"\A[A-Za-z0-9_-]{22,}\Z")]
SealedText = Annotated[str, Meta(max_length=TEXT_MAX_CHARS, pattern=r"\A[A-Za-z0-9_-]{28,}\Z")]
PartNumber = Annotated[int, Meta(ge=0, lt=CLIP_PARTS_MAX)]


class Picture(StrEnum):
    """What can be said with a picture: a closed list, so that nobody can write to a child with it."""

    HELLO = "hello"
    YES = "yes"
    NO = "no"
    GOOD = "good"
    SAD = "sad"
    I_HEAR_YOU = "i-hear-you"
    I_DO_NOT_HEAR_YOU = "i-do-not-hear-you"
    WAIT = "wait"
    AGAIN = "again"
    NEED_HELP = "need-help"
    THANK_YOU = "thank-you"
    GOODBYE = "goodbye"


class SealingKey(ClientFrame, frozen=True):
    """The page's public key, made for this visit alone: others seal for it."""

    public_key: PublicKey


class Clip(ClientFrame, frozen=True):
    """A part of what somebody has said. ``keys`` stand in part 0 alone: the clip's key, wrapped for each of ``to``."""

    to: Annotated[tuple[Peer, ...], Meta(min_length=1, max_length=CLIP_RECEIVERS_MAX)]
    clip: ClipId
    part: PartNumber
    last: bool
    keys: Annotated[tuple[WrappedKey, ...], Meta(max_length=CLIP_RECEIVERS_MAX)]
    sealed: SealedPart

    def __post_init__(self) -> None:
        """Refuse a receiver named twice, and keys that are not one for each receiver in part 0 and none after it."""
        if len(set(self.to)) != len(self.to) or len(self.keys) != (len(self.to) if self.part == 0 else 0):
            raise ValueError("receivers and keys do not match")


class Signal(ClientFrame, frozen=True, omit_defaults=True):
    """A picture, for one peer or, without ``to``, for everybody that this peer has a leg with."""

    picture: Picture
    to: Peer | None = None


class Text(ClientFrame, frozen=True):
    """A few sealed words from one adult to another."""

    to: Peer
    sealed: SealedText


class RelayedSealingKey(ServerFrame, frozen=True, tag="sealing-key"):
    """Another peer's public key."""

    sender: PeerId = field(name="from")
    public_key: PublicKey


class RelayedClip(ServerFrame, frozen=True, tag="clip"):
    """A part of what another peer has said. ``key`` is this receiver's alone, and null after part 0."""

    sender: PeerId = field(name="from")
    clip: ClipId
    part: PartNumber
    last: bool
    key: WrappedKey | None
    sealed: SealedPart


class RelayedSignal(ServerFrame, frozen=True, tag="signal"):
    """A picture from another peer."""

    sender: PeerId = field(name="from")
    picture: Picture


class RelayedText(ServerFrame, frozen=True, tag="text"):
    """Sealed words from another adult."""

    sender: PeerId = field(name="from")
    sealed: SealedText


LowRungMessage = SealingKey | Clip | Signal | Text
