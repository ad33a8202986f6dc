"""A visit whose browsers can not be connected with each other, and what is put on their loudspeakers all the same."""

import base64
import json
import math
import struct
import wave
from itertools import groupby, pairwise
from pathlib import Path

from playwright.sync_api import Page

from tests.support.call_page import Visit, press, wait_for_state

CLIPS_TIMEOUT_MS = 60_000
#: The made-up microphone says one tone after another, a second each, and begins anew after the last.
TONES_HZ = tuple(range(300, 1500, 50))
RATE_HZ = 16_000

#: ICE finds no way: relay alone, and there is no relay.
NO_WAY = """
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(given) { super({...given, iceServers: [], iceTransportPolicy: "relay"}); }
  setConfiguration(given) { super.setConfiguration({...given, iceServers: [], iceTransportPolicy: "relay"}); }
};
"""
#: No way is checked before the test says so, as if a bad line were slow with it.
HELD = """
const released = new Promise((resolve) => (window.release = resolve));
window.RTCPeerConnection = class extends RTCPeerConnection {
  async addIceCandidate(candidate) {
    await released;
    return super.addIceCandidate(candidate);
  }
};
"""
#: Keeps what is put on the loudspeaker, by its loudest tone, and what the encoder has made before it was sealed.
LISTEN = """
window.played = [];
window.packets = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when) {
  const samples = this.buffer.getChannelData(0);
  let crossings = 0, power = 0;
  for (let i = 1; i < samples.length; i++) {
    crossings += samples[i - 1] < 0 && samples[i] >= 0;
    power += samples[i] ** 2;
  }
  const seconds = this.buffer.duration;
  window.played.push({when, hz: crossings / seconds, loud: Math.sqrt(power / samples.length), seconds});
  return start.call(this, when);
};
const copyTo = EncodedAudioChunk.prototype.copyTo;
EncodedAudioChunk.prototype.copyTo = function (into) {
  copyTo.call(this, into);
  window.packets.push(btoa(String.fromCharCode(...into)));
};
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.sockets.push(this); }
};
"""
#: The ladder gives voice up after 25 s without any connection: until it has, its clock goes five times as fast as that
#: of sockets and connections.
HURRY = """
let aheadMs = 0;
const now = performance.now.bind(performance);
performance.now = () => now() + aheadMs;
const hurrying = setInterval(() => {
  if (document.querySelector("#low:not([hidden])")) clearInterval(hurrying);
  else aheadMs += 4_000;
}, 1_000);
"""


def tones(path: Path) -> Path:
    """Write the made-up microphone's sound."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        for hertz in TONES_HZ:
            samples = (round(9000 * math.sin(2 * math.pi * hertz * i / RATE_HZ)) for i in range(RATE_HZ))
            sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return path


class Apart(Visit):
    """A visit whose browsers can not be connected with each other.

    ``frames`` is all that went over each one's socket, ``sent`` what its page has sent.
    """

    frames: dict[str, list[str | bytes]]
    sent: dict[str, list[str | bytes]]

    def join_apart(self, role: str, *scripts: str) -> Page:
        return self.join_with(role, NO_WAY, LISTEN, HURRY, *scripts)

    def join_with(self, role: str, *scripts: str) -> Page:
        context = self.profile()
        for script in scripts:
            context.add_init_script(script)
        page = context.new_page()
        kept, sent = self.frames.setdefault(role, []), self.sent.setdefault(role, [])

        def hear(frame: str | bytes) -> None:
            kept.append(frame)

        def say(frame: str | bytes) -> None:
            kept.append(frame)
            sent.append(frame)

        page.on("websocket", lambda socket: (socket.on("framesent", say), socket.on("framereceived", hear)))
        page.goto(self.server.links[role])
        press(page, "join")
        page.wait_for_selector('#room[data-signaling="online"]', timeout=20_000)
        return page

    def go_low(self, *scripts: str) -> tuple[Page, Page, Page]:
        """Bring the three together; the ladder finds that no voice can live."""
        pages = tuple(self.join_apart(role, *scripts) for role in ("classroom", "social_worker", "psychologist"))
        press(pages[2], "knock")
        press(pages[0], "open-door")
        for page in pages:
            wait_for_state(page, "live")
        for page in pages:
            page.wait_for_selector("#low:not([hidden])", timeout=CLIPS_TIMEOUT_MS)
        return pages


def heard_tones(page: Page) -> list[int]:
    """Return the tones that were played, in order of their time on the loudspeaker, each once as long as it lasts."""
    played = sorted(page.evaluate("window.played"), key=lambda each: each["when"])
    numbers = [round((each["hz"] - TONES_HZ[0]) / 50) for each in played if each["loud"] > 0.02]
    # A packet on the border between two tones is neither.
    lasting = [number for number, run in groupby(numbers) if len(list(run)) > 2]
    return [number for number, _ in groupby(lasting)]


def heard_s(page: Page) -> float:
    """Return for how long something was played."""
    return sum(each["seconds"] for each in page.evaluate("window.played"))


def is_in_order(numbers: list[int]) -> bool:
    """Say whether the tones came as the microphone says them; between two clips some are left out, none comes back."""
    return all(0 < (after - before) % len(TONES_HZ) < len(TONES_HZ) // 2 for before, after in pairwise(numbers))


def assert_sealed(frames: dict[str, list[str | bytes]], speaker: Page, least: int) -> None:
    """No packet of speech stands in any frame, as bytes or as text; clips and voices were sent as ciphertext."""
    packets = [base64.b64decode(packet) for packet in speaker.evaluate("window.packets")]
    long_enough = [packet for packet in packets if len(packet) > 8]
    assert len(long_enough) > least
    told = [frame for kept in frames.values() for frame in kept if isinstance(frame, str)]
    voices = [frame for kept in frames.values() for frame in kept if isinstance(frame, bytes)]
    clips = [json.loads(frame)["sealed"] for frame in told if '"type":"clip"' in frame]
    assert clips or voices
    carried = b"".join([*voices, *(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in clips)])
    everything = "".join(told)
    for packet in long_enough:
        assert packet not in carried
        assert base64.b64encode(packet).decode() not in everything
