"""What happens to calls in the laboratory while `bench/lines.py` measures how sound and seats come back."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.lines_call import BACK_PATIENCE_S, ROLES, Call, Figures, calling, grown
from tests.lab.laboratory import Nat

SETTLE_S = 10.0
CONTROL_S = 10.0
SILENCE_WATCHED_S = 25.0
STRETCH_S = 30.0
#: What counts as an utterance, at the rate at which browsers count; what was under way when a line went is shorter.
SAMPLES_PER_S, UTTERANCE_S = 48_000, 2


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that happens to the call for ``seconds``, and within what time sound must be back afterwards.

    ``relayed``: nobody has a direct way, so that all sound goes through the relay.
    """

    seconds: float
    back_s: float | None
    relayed: bool = False


FAULTS = {
    "outage-10": Fault(seconds=10, back_s=1),
    "outage-30": Fault(seconds=30, back_s=2),
    "outage-300": Fault(seconds=300, back_s=5),
    "new-address": Fault(seconds=0, back_s=5.5),
    "udp-cut": Fault(seconds=0, back_s=8),
    "server-killed": Fault(seconds=3, back_s=1),
    "turn-killed": Fault(seconds=5, back_s=None, relayed=True),
}


async def measure_fault(name: str, firefox: str | None = None) -> Figures:
    """Join on good lines, and let the fault happen to the classroom, or to a server."""
    fault = FAULTS[name]
    nat = Nat.SYMMETRIC if fault.relayed else Nat.CONE
    async with calling(("4g", "fibre", "4g"), nat=nat, firefox=firefox) as call:
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
    if name.endswith("-killed"):
        result |= {"mediaGapS": await call.longest_gap(since)}
    if name in {"udp-cut", "turn-killed"}:
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
    if name == "turn-killed":
        call.coturn.kill()
        return call.coturn.start
    if name == "new-address":
        call.lab.change_address("classroom", 2)
    elif name == "udp-cut":
        call.lab.allow_only_https("classroom")
    else:
        call.lab.cut("classroom")
        return lambda: call.lab.cut("classroom", False)
    return lambda: None


async def measure_coming_and_going(stretches: int, firefox: str | None = None) -> Figures:
    """The classroom on EDGE, whose line is there for 30 s and gone for 30 s, again and again.

    For each stretch, what each person had of the others: ``voice`` (two seconds of sound not made up, from the
    classroom; in the classroom, from anybody), ``clip`` (words said while the line was gone), ``said`` (the page has
    spoken to its person) or only ``shown`` (it has written something). Everybody holds to talk when it is offered.
    """
    async with calling(("edge", "fibre", "4g"), firefox=firefox) as call:
        await call.join()
        await asyncio.sleep(SETTLE_S)
        for page in call.pages.values():
            await page.evaluate("window.watched.talks = true")
        found: list[Figures] = []
        for number in range(stretches):
            gone = number % 2 == 1
            call.lab.cut("classroom", gone)
            found.append({"line": "nothing" if gone else "edge", "carried": await _carried(call)})
    empty = sum(not {"voice", "clip", "said"} & set(each) for stretch in found for each in stretch["carried"].values())
    return {"stretches": found, "empty": empty}


async def _carried(call: Call) -> dict[str, dict[str, str]]:
    before = await call.last()
    await asyncio.sleep(STRETCH_S)
    after = await call.last()
    carried: dict[str, dict[str, str]] = {}
    for role, page in call.pages.items():
        speakers = ROLES[1:] if role == "classroom" else ROLES[:1]
        legs = [grown(before[role], after[role], speaker) for speaker in speakers]
        told = [leg for leg in legs if None not in {leg["samples"], leg["concealed"], leg["energy"]}]
        own_s = max((leg["samples"] - leg["concealed"] for leg in told if leg["energy"] > 0), default=0) / SAMPLES_PER_S
        carried[role] = {"voice": f"{own_s:.0f} s"} if own_s >= UTTERANCE_S else {}
        told, clips, rungs = await page.evaluate(
            """([since, speakers]) => [
                window.watched.told.filter(({now}) => now > since),
                window.watched.series.filter(({now, clip}) => now > since && speakers.includes(clip)).length,
                [...new Set(window.watched.series.filter(({now}) => now > since).map(({rung}) => rung))],
            ]""",
            [before[role]["now"], speakers],
        )
        if clips:
            carried[role]["clip"] = f"in {clips} looks"
        for how in ("said", "shown"):
            if words := dict.fromkeys(each["words"] for each in told if each["how"] == how):
                carried[role][how] = " | ".join(words)
        carried[role]["rungs"] = " ".join(rungs)
    return carried
