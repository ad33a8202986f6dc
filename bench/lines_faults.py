"""What happens to calls in the laboratory while `bench/lines.py` measures how sound and seats come back."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.lines_call import BACK_PATIENCE_S, Call, Figures, calling

SETTLE_S = 10.0
CONTROL_S = 10.0
SILENCE_WATCHED_S = 25.0


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that happens to the call for ``seconds``, and within what time sound must be back afterwards."""

    seconds: float
    back_s: float


FAULTS = {
    "outage-10": Fault(seconds=10, back_s=1),
    "outage-30": Fault(seconds=30, back_s=2),
    "outage-300": Fault(seconds=300, back_s=5),
    "new-address": Fault(seconds=0, back_s=5.5),
    "udp-cut": Fault(seconds=0, back_s=8),
    "server-killed": Fault(seconds=3, back_s=1),
}


async def measure_fault(name: str) -> Figures:
    """Join on good lines, and let the fault happen to the classroom, or to a server."""
    async with calling(("4g", "fibre", "4g")) as call:
        await call.join()
        await asyncio.sleep(SETTLE_S)
        return await suffer(call, name)


async def suffer(call: Call, name: str) -> Figures:
    """Let a fault happen, and measure how sound and seats come back."""
    fault = FAULTS[name]
    control = await call.measure(CONTROL_S)
    since = {role: figures["now"] for role, figures in (await call.last()).items()}
    mend = _break(call, name)
    await asyncio.sleep(fault.seconds)
    mend()
    if fault.seconds:
        back = await call.time_to_sound()
    else:
        # What is under way still arrives: the longest silence that follows is what people hear.
        await asyncio.sleep(SILENCE_WATCHED_S)
        back = await call.longest_gap(since) if await call.time_to_sound() is not None else None
    result: Figures = {"bar": fault.back_s, "soundBackS": back, "controlInventedPct": control["inventedPct"]}
    if name == "server-killed":
        result |= {"seatsBackS": await _seats_back(call)}
    if name == "server-killed":
        result |= {"mediaGapS": await call.longest_gap(since)}
    if name == "udp-cut":
        result |= {"classroomRelays": await call.relays("classroom")}
    return result


async def _seats_back(call: Call) -> float:
    started = time.monotonic()
    while any(figures["signaling"] != "online" for figures in (await call.last()).values()):
        if time.monotonic() - started > BACK_PATIENCE_S:
            break
        await asyncio.sleep(0.1)
    return round(time.monotonic() - started, 1)


def _break(call: Call, name: str) -> Callable[[], None]:
    if name == "server-killed":
        call.server.kill()
        return call.server.start
    if name == "new-address":
        call.lab.change_address("classroom", 2)
    elif name == "udp-cut":
        call.lab.allow_only_https("classroom")
    else:
        call.lab.cut("classroom")
        return lambda: call.lab.cut("classroom", False)
    return lambda: None
