"""A sound card for a browser that plays live sound to nothing else: PulseAudio, with a sink that throws away in time.

What Firefox makes up itself (``media.cubeb.force_mock_context``) takes sound in lumps, so that its playout buffer is
some 200 ms longer than with a card, on any line.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.running_program import running_program

PULSEAUDIO = shutil.which("pulseaudio")
START_TIMEOUT_S = 10
POLL_S = 0.05


@contextmanager
def running_sound_server(folder: Path) -> Iterator[dict[str, str]]:
    """Start a sound server of its own in an empty folder; yield what a program's environment is to say of it."""
    assert PULSEAUDIO is not None
    listens = folder / "native"
    modules = ("module-null-sink", f"module-native-protocol-unix auth-anonymous=1 socket={listens}")
    command = [PULSEAUDIO, "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes"]
    every = [*command, *(f"--load={module}" for module in modules)]
    with running_program(every, {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}) as process:
        until = time.monotonic() + START_TIMEOUT_S
        while not listens.exists():
            assert process.poll() is None, f"PulseAudio ended at once with {process.returncode}"
            assert time.monotonic() < until, f"PulseAudio did not listen within {START_TIMEOUT_S} s"
            time.sleep(POLL_S)
        yield {"PULSE_SERVER": f"unix:{listens}"}
