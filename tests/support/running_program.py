"""A program that runs beside a test and is ended with it."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

STOP_TIMEOUT_S = 20


@contextmanager
def running_program(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program whose words nobody reads; end it, by force if it does not go within ``STOP_TIMEOUT_S``."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
