"""The card that is printed for one seat: the way in, when, who will be there, and what to do when the line drops.

It says nothing about the child and gives no reason: a card is lost as easily as it is given.
"""

from aiohttp import web

from rooms.errors import NotFoundError
from rooms.people.roles import AccountRole
from rooms.roles import Role
from rooms.visits import admission, invitations
from rooms.visits.views import InvitationCard
from web import keys
from web.i18n import N_, gettext_of
from web.login import begin_as, require_account
from web.moments import moment
from web.rendering import render
from web.visits.contexts import CardPage, PersonOnCard
from web.visits.lines import length_words
from web.visits.page import BY_ACCOUNT, SEAT_ORDER, visit_id_of
from web.words import words_for

#: A code is spoken and typed in groups of this many digits.
CODE_GROUP_DIGITS = 4
YOU = N_("You")


def linked_role(text: str) -> Role:
    """Return the role of a seat that comes in by link. Raises ``NotFoundError`` for every other text."""
    if text not in set(Role) - BY_ACCOUNT:
        raise NotFoundError
    return Role(text)


def carded_role(text: str) -> Role:
    """Return the role of a seat that has a card: one that comes in by link, or the social worker's beside the child.

    Raises ``NotFoundError`` for every other text.
    """
    return Role.SOCIAL_WORKER if text == Role.SOCIAL_WORKER else linked_role(text)


async def show_card(request: web.Request) -> web.Response:
    """Answer with the card of one seat, for the visit's two professionals; the social worker's own for them alone."""
    account = await require_account(request, AccountRole.SOCIAL_WORKER, AccountRole.PSYCHOLOGIST)
    visit_id, role = visit_id_of(request), carded_role(request.match_info["role"])
    async with begin_as(request, account) as uow:
        card = await invitations.card(uow, visit_id, role)
        plan = await admission.help_plan(uow, visit_id)
    url = request.app[keys.SETTINGS].url
    visit, code = card.visit, card.spoken_code
    context = CardPage(
        visit=visit_id,
        is_beside_child=role is Role.SOCIAL_WORKER,
        link=f"{url}/j#{card.secret}",
        code_page=f"{url}/c",
        check_page=f"{url}/check",
        code_groups=tuple(code[start : start + CODE_GROUP_DIGITS] for start in range(0, len(code), CODE_GROUP_DIGITS)),
        starts=moment(request, visit.starts_at, visit.zone),
        length=length_words(request, visit.minutes),
        people=people_on(request, card),
        phones=plan.phones,
    )
    return render(request, "print/card.html", context)


def people_on(request: web.Request, card: InvitationCard) -> tuple[PersonOnCard, ...]:
    """Return who will be in the visit, the reader first; only those who have an account by name."""
    translate = gettext_of(request)
    names = {
        Role.SOCIAL_WORKER: card.social_worker_name,
        Role.PSYCHOLOGIST: card.psychologist_name,
        Role.SUPERVISOR: card.supervisor_name or "",
    }
    roles = sorted(
        (seat.role for seat in card.visit.seats if not seat.removed),
        key=lambda role: (role is not card.role, SEAT_ORDER.index(role)),
    )
    return tuple(
        PersonOnCard(
            picture=role.value,
            words=translate(YOU) if role is card.role else words_for(role, translate),
            name=names.get(role, ""),
            is_you=role is card.role,
        )
        for role in roles
    )


def add_routes(app: web.Application) -> None:
    """Add the card."""
    app.router.add_get("/visits/{id}/card/{role}", show_card)
