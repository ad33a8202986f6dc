"""What the professionals of a visit do on its page: move it, cancel it, renew a link, ask a supervisor, keep a note."""

from dataclasses import replace

from aiohttp import web

from rooms.errors import InvalidInputError, WrongStateError
from rooms.followup import service as followup
from rooms.ids import AccountId
from rooms.people.roles import AccountRole
from rooms.visits import invitations, schedule, supervisor_seat
from rooms.visits.errors import OverlapError
from rooms.visits.states import VisitState
from web import keys
from web.faults import faults_in_words, missing
from web.forms import read_form
from web.i18n import gettext_of
from web.login import begin_as, require_account
from web.redirects import see_other
from web.referrals.actions import OVERLAPS
from web.visits.card import linked_role
from web.visits.page import NO_FORMS, visit_id_of, visit_page
from web.visits.rooms import close_rooms

NOTE_FIELDS = {"text": "note"}


async def reschedule(request: web.Request) -> web.StreamResponse:
    """Move the visit; its links follow by themselves."""
    account = await require_account(request, AccountRole.SOCIAL_WORKER, AccountRole.PSYCHOLOGIST)
    form, visit_id, translate = await read_form(request, "reschedule"), visit_id_of(request), gettext_of(request)
    wall_start, minutes = form.wall_time("wall_start"), form.number("minutes")
    if wall_start is None or minutes is None:
        faulty = form.with_faults(faults_in_words(missing(wall_start=wall_start, minutes=minutes), translate))
        return await visit_page(request, account, replace(NO_FORMS, reschedule=faulty), status=422)
    try:
        async with begin_as(request, account) as uow:
            await schedule.reschedule_visit(
                uow,
                visit_id,
                wall_start=wall_start,
                zone=form.text("zone"),
                minutes=minutes,
            )
    except InvalidInputError as error:
        faulty = form.with_faults(faults_in_words(error, translate))
        return await visit_page(request, account, replace(NO_FORMS, reschedule=faulty), status=422)
    except OverlapError:
        faulty = form.with_faults({"wall_start": translate(OVERLAPS)})
        return await visit_page(request, account, replace(NO_FORMS, reschedule=faulty), status=422)
    close_rooms(request, (visit_id,), "rescheduled")
    return see_other(f"/visits/{visit_id}")


async def cancel(request: web.Request) -> web.StreamResponse:
    """Cancel the visit; its links die and its room closes at once. A second tap changes nothing."""
    account = await require_account(request, AccountRole.SOCIAL_WORKER, AccountRole.PSYCHOLOGIST)
    visit_id = visit_id_of(request)
    async with begin_as(request, account) as uow:
        try:
            await schedule.cancel_visit(uow, visit_id)
        except WrongStateError:
            if (await schedule.get_visit(uow, visit_id)).state is not VisitState.CANCELLED:
                raise
    close_rooms(request, (visit_id,), "cancelled")
    return see_other(f"/visits/{visit_id}")


async def renew(request: web.Request) -> web.StreamResponse:
    """Replace one seat's link and lead to its new card; whoever is in the room by the old link leaves it at once.

    A second tap leads to a newer card.
    """
    account = await require_account(request, AccountRole.SOCIAL_WORKER, AccountRole.PSYCHOLOGIST)
    form, visit_id = await read_form(request), visit_id_of(request)
    role = linked_role(form.value("role"))
    async with begin_as(request, account) as uow:
        card = await invitations.renew(uow, visit_id, role)
    request.app[keys.HUB].vacate(card.participant, visit_id)
    return see_other(f"/visits/{visit_id}/card/{role.value}")


async def ask_supervisor(request: web.Request) -> web.StreamResponse:
    """Ask a supervisor into the visit. A second tap changes nothing."""
    account = await require_account(request, AccountRole.PSYCHOLOGIST)
    form, visit_id = await read_form(request, "supervision"), visit_id_of(request)
    try:
        async with begin_as(request, account) as uow:
            await supervisor_seat.ask_supervisor(uow, visit_id, AccountId(form.text("supervisor")))
    except InvalidInputError as error:
        faulty = form.with_faults(faults_in_words(error, gettext_of(request)))
        return await visit_page(request, account, replace(NO_FORMS, supervision=faulty), status=422)
    return see_other(f"/visits/{visit_id}#seats")


async def part_from_supervisor(request: web.Request) -> web.StreamResponse:
    """Take the supervisor's seat away, also from a socket that is on its way in. A second tap changes nothing."""
    account = await require_account(request, AccountRole.PSYCHOLOGIST)
    visit_id = visit_id_of(request)
    async with begin_as(request, account) as uow:
        participant = await supervisor_seat.take_supervisor_away(uow, visit_id)
    if participant is not None:
        request.app[keys.HUB].revoke(participant, visit_id)
    return see_other(f"/visits/{visit_id}#seats")


async def keep_note(request: web.Request) -> web.StreamResponse:
    """Keep a private note. The same text twice in a row is a second tap."""
    account = await require_account(request, AccountRole.PSYCHOLOGIST)
    form, visit_id = await read_form(request, "note"), visit_id_of(request)
    try:
        async with begin_as(request, account) as uow:
            notes = await followup.read_notes(uow, visit_id)
            if not any(note.text == form.text("note") for note in notes):
                await followup.write_note(uow, visit_id, form.text("note"))
    except InvalidInputError as error:
        faulty = form.with_faults(faults_in_words(error, gettext_of(request), field_of=NOTE_FIELDS))
        return await visit_page(request, account, replace(NO_FORMS, note=faulty), status=422)
    return see_other(f"/visits/{visit_id}#notes")


def add_routes(app: web.Application) -> None:
    """Add what can be done on a visit's page."""
    app.router.add_post("/visits/{id}/reschedule", reschedule)
    app.router.add_post("/visits/{id}/cancel", cancel)
    app.router.add_post("/visits/{id}/renew", renew)
    app.router.add_post("/visits/{id}/supervisor", ask_supervisor)
    app.router.add_post("/visits/{id}/supervisor/away", part_from_supervisor)
    app.router.add_post("/visits/{id}/note", keep_note)
