"""How the lines of a visit were, from its minutes: stretches in words, one bar for each minute, and sums."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median

from aiohttp import web

from rooms.health.minutes import RoomMinute
from rooms.health.verdict import BEST, cause_of, level_of
from rooms.retention import RetentionClass, cutoff
from web import dates, keys
from web.i18n import N_, gettext_of, translations_of
from web.line_words import LEVELS, cause_words, rung_words
from web.visits.contexts import LineBar, LineStretch, LineSummary
from web.words import Translate

MINUTE = timedelta(minutes=1)
#: The height of the best bar, in units of the drawing; the least is still seen.
BAR_HEIGHT = 40
BAR_LEAST = 3
#: The longest list of stretches that is shown; a very bad line makes many.
STRETCHES_SHOWN = 40
NOT_KNOWN = N_("Not known")
MEGABYTES = N_("{n} MB")
STRETCH = N_("%(rung)s from %(start)s to %(end)s")


def line_summary(request: web.Request, minutes: Sequence[RoomMinute], zone: str) -> LineSummary | None:
    """Return what the page shows, in times of day on the visit's clock; None where nothing was kept."""
    if not minutes:
        return None
    translate, language = gettext_of(request), request[keys.LANGUAGE]

    def clock(instant: datetime) -> str:
        return dates.clock(instant, zone, language=language)

    stretches = []
    for group in stretches_of(minutes):
        worst = min(group, key=lambda minute: BEST if minute.figure is None else minute.figure)
        rung = translate(NOT_KNOWN) if group[0].rung is None else rung_words(group[0].rung, translate)
        stretches.append(
            LineStretch(
                words=translate(STRETCH)
                % {
                    "rung": rung,
                    "start": clock(group[0].minute),
                    "end": clock(group[-1].minute + MINUTE),
                },
                figure=figure_words(worst, translate),
                cause=cause_words(*cause_of(worst.cause), translate),
            )
        )
    drops, kilobytes = sum(minute.drops for minute in minutes), sum(minute.sent_kb for minute in minutes)
    trips = [minute.rtt_ms for minute in minutes if minute.rtt_ms is not None]
    losses = [minute.loss_pct for minute in minutes if minute.loss_pct is not None]
    return LineSummary(
        stretches=tuple(stretches[:STRETCHES_SHOWN]),
        bars=bars_of(minutes),
        width=minutes_between(minutes[0].minute, minutes[-1].minute) + 1,
        height=BAR_HEIGHT,
        starts=clock(minutes[0].minute),
        ends=clock(minutes[-1].minute + MINUTE),
        drops=translations_of(request).ungettext("%(num)d interruption", "%(num)d interruptions", drops)
        % {"num": drops},
        round_trip=f"{median(trips):.0f} ms" if trips else "",
        loss=f"{median(losses):.1f} %" if losses else "",
        data=translate(MEGABYTES).format(n=f"{kilobytes / 1000:.1f}"),
        kept_days=(minutes[0].minute - cutoff(RetentionClass.MEASUREMENT, minutes[0].minute)).days,
    )


def stretches_of(minutes: Sequence[RoomMinute]) -> list[list[RoomMinute]]:
    """Return runs of minutes in which the same went through, without a gap."""
    numbered = [
        (minute, "" if minute.rung is None else minute.rung.family, minutes_between(minutes[0].minute, minute.minute))
        for minute in minutes
    ]
    runs = groupby(enumerate(numbered), key=lambda item: (item[1][1], item[1][2] - item[0]))
    return [[minute for _, (minute, _, _) in run] for _, run in runs]


def bars_of(minutes: Sequence[RoomMinute]) -> tuple[LineBar, ...]:
    """Return one bar for each minute, at its place in time; a minute that is not known is as low as can be."""
    bars = []
    for minute in minutes:
        height = BAR_LEAST if minute.figure is None else max(BAR_LEAST, round(minute.figure / BEST * BAR_HEIGHT))
        bars.append(
            LineBar(
                x=minutes_between(minutes[0].minute, minute.minute),
                y=BAR_HEIGHT - height,
                height=height,
                level=level_of(minute.figure).value,
            )
        )
    return tuple(bars)


def figure_words(minute: RoomMinute, translate: Translate) -> str:
    """Return a figure as a word with its number."""
    words = translate(LEVELS[level_of(minute.figure)])
    return words if minute.figure is None else f"{words} {minute.figure}"


def minutes_between(one: datetime, other: datetime) -> int:
    """Return how many whole minutes lie between two instants."""
    return (other - one) // MINUTE
