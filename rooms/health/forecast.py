"""From what a check has measured to one instruction, the rung to expect and the data of a visit: pure.

The arithmetic is that of a visit of three: each device sends its sound to two others and takes in theirs. One stream of
Opus costs its payload, twice where RED repeats it, and the headers of its packets (IP, UDP, RTP, SRTP, TURN).
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from rooms.health.samples import RUNG_ORDER, Rung

#: For which a check tells the cost of a visit, in minutes.
VISIT_MINUTES = 45
OTHERS = 2
#: Headers of one stream in kbit/s, by packet time in ms (measured).
HEADER_KBPS = MappingProxyType({20: 27.0, 40: 14.0, 60: 9.0})
#: In a conversation somebody pauses at any time, and a paused voice sends next to nothing.
SPEECH_SHARE = 0.8
#: Pictures are only begun with room to spare.
PICTURE_MARGIN = 1.2
#: Loss of one way, in percent, above which pictures stop and above which no repair keeps speech whole.
PICTURE_LOSS_PCT = 10.0
VOICE_LOSS_PCT = 30.0
#: Round trip in ms above which people talk over each other, and above which only clips make sense.
SLOW_RTT_MS = 700.0
VOICE_RTT_MS = 2500.0
#: Loss in percent that a mere wireless link should not have.
WEAK_AIR_LOSS_PCT = 4.0


class Device(StrEnum):
    """How a camera, a microphone or a loudspeaker did in the check."""

    WORKS = "works"
    #: The browser or the person has not allowed it.
    REFUSED = "refused"
    #: None there, or held by another program.
    MISSING = "missing"
    #: A microphone without any sound; a loudspeaker that nobody heard.
    SILENT = "silent"
    #: The person has passed over the step.
    SKIPPED = "skipped"


class Path(StrEnum):
    """How the line carried WebRTC."""

    DIRECT = "direct"
    RELAY_UDP = "relay-udp"
    #: Through the relay over TCP or TLS alone: UDP does not pass.
    RELAY_TLS = "relay-tls"
    #: Nothing but the web passes.
    BLOCKED = "blocked"
    #: The server had no peer to try it against: measured over the web only.
    UNKNOWN = "unknown"


class Instruction(StrEnum):
    """The one thing to do now, most pressing first."""

    NO_LINE = "no-line"
    ALLOW_MICROPHONE = "allow-microphone"
    PLUG_MICROPHONE = "plug-microphone"
    RAISE_MICROPHONE = "raise-microphone"
    RAISE_SOUND = "raise-sound"
    OTHER_NETWORK = "other-network"
    MOVE_CLOSER = "move-closer"
    FREE_THE_LINE = "free-the-line"
    ALLOW_CAMERA = "allow-camera"
    PLUG_CAMERA = "plug-camera"
    LET_FINISH = "let-finish"
    VOICE_FIRST = "voice-first"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReading:
    """What the check measured. Rates in kbit/s at the IP layer; None: could not be told."""

    path: Path
    up_kbps: float | None = None
    down_kbps: float | None = None
    rtt_ms: float | None = None
    jitter_ms: float | None = None
    loss_up_pct: float | None = None
    loss_down_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a visit over this line will be like. ``megabytes`` (of 10^6) are for both ways and 45 minutes, at most."""

    instruction: Instruction
    rung: Rung
    megabytes: int


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a rung sends: sound to both others; pictures to as many as ``pictures`` says."""

    payload_kbps: float = 0.0
    packet_ms: int = 60
    picture_kbps: float = 0.0
    pictures: int = 0
    other_kbps: float = 0.0

    @property
    def sound_kbps(self) -> float:
        """To both others, with RED and headers."""
        if not self.payload_kbps:
            return 0.0
        return OTHERS * (2 * self.payload_kbps + HEADER_KBPS[self.packet_ms])

    @property
    def kbps(self) -> float:
        """At most, one way."""
        return self.sound_kbps + self.picture_kbps * self.pictures + self.other_kbps

    @property
    def needed_kbps(self) -> float:
        """What a line must carry each way for the rung to hold."""
        margin = PICTURE_MARGIN if self.pictures else 1.0
        return (self.sound_kbps * SPEECH_SHARE + self.picture_kbps * self.pictures) * margin + self.other_kbps


#: The figures of the page's ``rtc/rungs.js``; a test compares them. A small picture goes first to whom it matters most.
COSTS: MappingProxyType[Rung, _Cost] = MappingProxyType(
    {
        Rung.VIDEO: _Cost(24, 20, 250, OTHERS),
        Rung.SMALL_VIDEO: _Cost(24, 20, 60, 1),
        Rung.STILLS: _Cost(24, 20, 9.6, OTHERS),
        Rung.VOICE_24: _Cost(24, 20),
        Rung.VOICE_16: _Cost(16, 60),
        Rung.VOICE_12: _Cost(12, 60),
        Rung.VOICE_8: _Cost(8, 60),
        Rung.CLIPS: _Cost(other_kbps=OTHERS * 4),
        Rung.TEXT: _Cost(other_kbps=1),
        Rung.PHONE: _Cost(),
    }
)
_WITH_PICTURE = frozenset({Rung.VIDEO, Rung.SMALL_VIDEO, Rung.STILLS})
_WITH_VOICE = frozenset({Rung.VOICE_24, Rung.VOICE_16, Rung.VOICE_12, Rung.VOICE_8})


def megabytes(rung: Rung, minutes: int = VISIT_MINUTES) -> int:
    """Return what a visit on a rung costs at most, both ways, in megabytes, rounded up."""
    return -int(-2 * COSTS[rung].kbps * minutes * 60 // 8000)


def rung_for(line: LineReading) -> Rung:
    """Return the best rung that the line holds."""
    known = [rate for rate in (line.up_kbps, line.down_kbps) if rate is not None]
    if not known:
        # Something came back, though too little to tell a rate: words will pass.
        return Rung.PHONE if line.rtt_ms is None else Rung.TEXT
    room = min(known)
    loss = max(line.loss_up_pct or 0.0, line.loss_down_pct or 0.0)
    held = next(rung for rung in RUNG_ORDER if COSTS[rung].needed_kbps <= room)
    if loss > PICTURE_LOSS_PCT and held in _WITH_PICTURE:
        held = Rung.VOICE_24
    no_live_voice = loss > VOICE_LOSS_PCT or (line.rtt_ms or 0.0) > VOICE_RTT_MS or line.path is Path.BLOCKED
    if no_live_voice and held in _WITH_PICTURE | _WITH_VOICE:
        held = Rung.CLIPS
    return held


def forecast(line: LineReading, *, camera: Device, microphone: Device, speaker: Device) -> Forecast:
    """Return the one instruction, the rung to expect and what 45 minutes will cost."""
    rung = rung_for(line)
    expected = Rung.VOICE_24 if camera is not Device.WORKS and rung in _WITH_PICTURE else rung
    return Forecast(
        instruction=_instruction(line, rung, camera, microphone, speaker),
        rung=expected,
        megabytes=megabytes(expected),
    )


def _instruction(line: LineReading, rung: Rung, camera: Device, microphone: Device, speaker: Device) -> Instruction:
    if rung is Rung.PHONE:
        return Instruction.NO_LINE
    return _of_sound(microphone, speaker) or _of_line(line, rung) or _of_picture(rung, camera) or _of_manner(line, rung)


def _of_sound(microphone: Device, speaker: Device) -> Instruction | None:
    of_microphone = {
        Device.REFUSED: Instruction.ALLOW_MICROPHONE,
        Device.MISSING: Instruction.PLUG_MICROPHONE,
        Device.SILENT: Instruction.RAISE_MICROPHONE,
    }
    if microphone in of_microphone:
        return of_microphone[microphone]
    return None if speaker in {Device.WORKS, Device.SKIPPED} else Instruction.RAISE_SOUND


def _of_line(line: LineReading, rung: Rung) -> Instruction | None:
    if line.path is Path.BLOCKED:
        return Instruction.OTHER_NETWORK
    if max(line.loss_up_pct or 0.0, line.loss_down_pct or 0.0) > WEAK_AIR_LOSS_PCT:
        return Instruction.MOVE_CLOSER
    return Instruction.FREE_THE_LINE if rung not in _WITH_PICTURE | {Rung.VOICE_24} else None


def _of_picture(rung: Rung, camera: Device) -> Instruction | None:
    if rung not in _WITH_PICTURE:
        return None
    return {Device.REFUSED: Instruction.ALLOW_CAMERA, Device.MISSING: Instruction.PLUG_CAMERA}.get(camera)


def _of_manner(line: LineReading, rung: Rung) -> Instruction:
    if (line.rtt_ms or 0.0) > SLOW_RTT_MS:
        return Instruction.LET_FINISH
    return Instruction.READY if rung in _WITH_PICTURE else Instruction.VOICE_FIRST
