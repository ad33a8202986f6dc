"""How the line was, on the visit's page: after it, for its two professionals, in words and as bars."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from rooms.health.minutes import RoomMinute
from rooms.health.samples import Rung
from rooms.health.service import record_minutes
from rooms.ids import VisitId
from rooms.unit_of_work import Actor
from rooms.visits.models import Visit
from rooms.visits.states import VisitState
from tests.support.fake_clock import MONDAY
from tests.web.pages.conftest import Site
from tests.web.pages.forms import booked_visit
from web import keys
from web.visits.line_summary import bars_of, stretches_of

ROOM = Actor.system("signaling")


def minute(number: int, *, rung: Rung | None = Rung.VIDEO, figure: int | None = 88, cause: str = "well") -> RoomMinute:
    return RoomMinute(
        visit=VisitId("v" * 32),
        minute=MONDAY + timedelta(minutes=number),
        rung=rung,
        figure=figure,
        cause=cause,
        drops=0,
        rtt_ms=200,
        loss_pct=1.0,
        sent_kb=500,
    )


@pytest.mark.parametrize(
    ("minutes", "lengths"),
    [
        ([], []),
        ([minute(0)], [1]),
        ([minute(0), minute(1), minute(2, rung=Rung.VOICE_8), minute(3, rung=Rung.VOICE_24), minute(4)], [2, 2, 1]),
        ([minute(0), minute(1), minute(5), minute(6)], [2, 2]),
        ([minute(0, rung=None), minute(1, rung=None), minute(2)], [2, 1]),
    ],
)
def test_a_stretch_ends_where_something_else_goes_through_and_where_minutes_are_missing(
    minutes: list[RoomMinute],
    lengths: list[int],
) -> None:
    assert [len(stretch) for stretch in stretches_of(minutes)] == lengths


def test_bars_stand_at_their_minute_and_are_never_nothing() -> None:
    bars = bars_of([minute(0, figure=93), minute(1, figure=0), minute(7, figure=None)])
    assert [(bar.x, bar.level) for bar in bars] == [(0, "good"), (1, "bad"), (7, "unknown")]
    assert all(bar.height > 0 and bar.y + bar.height == 40 for bar in bars)
    assert bars[0].height > bars[1].height


async def test_the_page_says_what_went_through_and_when_once_the_visit_is_over(site: Site) -> None:
    _, page = await booked_visit(site)
    visit = VisitId(page.rpartition("/")[2])
    minutes = [
        minute(0),
        minute(1),
        *(minute(at, rung=Rung.VOICE_12, figure=71, cause="classroom-uplink-weak") for at in range(2, 10)),
    ]
    async with site.app[keys.STORE].begin(ROOM) as uow:
        await record_minutes(uow, [replace(kept, visit=visit) for kept in minutes])
    for browser in (site.worker, site.psychologist):
        assert not (await browser.opens(f"/visits/{visit}")).shows("How the line was")
    async with site.app[keys.STORE].begin(ROOM) as uow:
        (await uow.db.get_one(Visit, visit)).state = VisitState.COMPLETED
    for browser in (site.worker, site.psychologist):
        page = await browser.opens(f"/visits/{visit}")
        for words in (
            "Picture and sound from 09:00 to 09:02",
            "Voice only from 09:02 to 09:10",
            "Fair 71",
            "upload is weak",
            "5.0 MB",
            "0 interruptions",
            "kept for 90 days",
        ):
            assert page.shows(words), words
        assert len(re.findall(r'<rect class="bar-', page.text)) == 10
    assert (await site.other_psychologist.opens(f"/visits/{visit}")).status == 404
