"""Speech-like sound for fake microphones: voiced syllables and pauses, the same on every run.

Chromium's own fake microphone beeps once a second, and Opus spends next to nothing on the silence between; figures
taken with it flatter every line.
"""

import functools
import math
import random
import struct
import wave
from pathlib import Path

RATE_HZ = 16_000
PHRASES = 8
LOUDEST = 32_000


def write_speech(path: Path, seed: int = 4) -> None:
    """Write about 16 seconds of mono 16-bit sound to ``path``."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(_spoken(seed))


@functools.cache
def _spoken(seed: int) -> bytes:
    dice = random.Random(seed)
    samples: list[int] = []
    phase = 0.0
    for _ in range(PHRASES):
        for _ in range(dice.randint(6, 10)):
            pitch_hz, count = dice.uniform(110, 200), int(dice.uniform(0.12, 0.24) * RATE_HZ)
            formants = (dice.uniform(300, 800), dice.uniform(900, 2200), dice.uniform(2300, 3000))
            for place in range(count):
                frequency = pitch_hz * (1 + 0.1 * math.sin(2 * math.pi * 3 * place / RATE_HZ))
                phase += 2 * math.pi * frequency / RATE_HZ
                value = sum(
                    (sum(math.exp(-(((frequency * tone - formant) / 180) ** 2)) for formant in formants) + 0.03)
                    * math.sin(tone * phase)
                    for tone in range(1, 14)
                )
                loudness = math.sqrt(math.sin(math.pi * place / count))
                samples.append(int(max(-1.0, min(1.0, 0.22 * value * loudness)) * LOUDEST))
            samples.extend(int(dice.gauss(0, 300)) for _ in range(int(dice.uniform(0, 0.04) * RATE_HZ)))
        samples.extend(int(dice.gauss(0, 8)) for _ in range(int(dice.uniform(0.3, 0.8) * RATE_HZ)))
    return struct.pack(f"<{len(samples)}h", *samples)
