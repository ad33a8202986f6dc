"""The binary frames of voice as a page has them, written and read apart from the server: each checks the other."""

import struct

from rooms.ids import PeerId
from signaling.voice_frames import RelayedVoice, Voice

KEY_BYTES = 52


def write(voice: Voice) -> bytes:
    """Return what a page would send."""
    head = struct.pack(">BB4sH", 1, len(voice.to), voice.stream, voice.part)
    return b"".join([head, *map(bytes.fromhex, voice.to), *voice.keys, voice.sealed])


def read(frame: bytes) -> RelayedVoice:
    """Return what a page would hear."""
    kind, sender, stream, part = struct.unpack_from(">B16s4sH", frame)
    assert kind == 1
    rest = frame[23:]
    key, sealed = (rest[:KEY_BYTES], rest[KEY_BYTES:]) if part == 0 else (None, rest)
    return RelayedVoice(sender=PeerId(sender.hex()), stream=stream, part=part, key=key, sealed=sealed)
