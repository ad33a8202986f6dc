"""A recommendation on one page, in the language of those it is for, to be read aloud."""

from collections.abc import Sequence

from aiohttp import web

from rooms.errors import NotFoundError
from rooms.followup import service as followup
from rooms.followup.views import Addressee
from rooms.ids import is_id
from rooms.people import service as people
from rooms.people.roles import AccountRole
from rooms.referrals import service as referrals
from rooms.referrals.choices import Language
from web import dates, keys
from web.i18n import N_, direction
from web.login import begin_as, require_account
from web.referrals.contexts import RecommendationSheet
from web.rendering import render

#: The language of the pages that is nearest to a language people speak; a sign language has none.
WRITTEN_IN = {
    Language.DARIJA: "ar",
    Language.ARABIC: "ar",
    Language.HASSANIYA: "ar",
    Language.TACHELHIT: "zgh",
    Language.CENTRAL_ATLAS_TAMAZIGHT: "zgh",
    Language.TARIFIT: "zgh",
    Language.FRENCH: "fr",
}
HEADINGS = {
    Addressee.FAMILY: N_("For the family"),
    Addressee.SCHOOL: N_("For the school"),
    Addressee.SPECIALIST: N_("For the specialist"),
}
CLOSING = N_("Questions? Ask the social worker of the school. You can say so when this advice does not fit.")
#: The type is as large as one A4 page allows: for each size, the characters of a line and the lines of the page.
SIZES = (("large", 48, 19), ("middle", 62, 28), ("small", 78, 38))
#: In two columns, for what is too long to be good advice.
LONGEST = "smallest"


async def show_sheet(request: web.Request) -> web.Response:
    """Answer with the sheet, for those who may read the recommendation."""
    account = await require_account(request, AccountRole.SOCIAL_WORKER, AccountRole.PSYCHOLOGIST)
    recommendation_id = request.match_info["id"]
    if not is_id(recommendation_id):
        raise NotFoundError
    async with begin_as(request, account) as uow:
        advice = await followup.get_recommendation(uow, recommendation_id)
        referral = await referrals.get_referral(uow, advice.referral)
        school = await people.get_school(uow, referral.school_id)
    language = WRITTEN_IN.get(advice.language, request[keys.LANGUAGE])
    translate = request.app[keys.CATALOGUES][language].ugettext
    paragraphs = tuple(line.strip() for line in advice.text.splitlines() if line.strip())
    context = RecommendationSheet(
        referral=advice.referral,
        sheet_lang=language,
        sheet_dir=direction(language),
        heading=translate(HEADINGS[advice.addressee]),
        written_on=dates.day(advice.written_at, school.zone, language=language),
        paragraphs=paragraphs,
        size=size_of(paragraphs),
        closing=translate(CLOSING),
        author=advice.author_name,
    )
    return render(request, "print/recommendation.html", context)


def size_of(paragraphs: Sequence[str]) -> str:
    """Return the largest type in which the paragraphs stay on one page; each one's gap counts as half a line."""
    for size, line_chars, page_lines in SIZES:
        lines = sum(-(-len(paragraph) // line_chars) + 0.5 for paragraph in paragraphs)
        if lines <= page_lines:
            return size
    return LONGEST


def add_routes(app: web.Application) -> None:
    """Add the sheet."""
    app.router.add_get("/recommendations/{id}/print", show_sheet)
