"""The page of one visit: before it, who comes and how they get in; after it, who was there and what comes next."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from rooms.errors import NotFoundError
from rooms.followup import service as followup
from rooms.followup.views import NoteView
from rooms.health import service as health
from rooms.health.minutes import RoomMinute
from rooms.ids import VisitId, is_id
from rooms.people.roles import AccountRole
from rooms.people.supervisors import list_supervisors
from rooms.people.views import AccountView, Supervisor
from rooms.referrals import service as referrals
from rooms.referrals.states import CARED_FOR
from rooms.referrals.views import ReferralView
from rooms.roles import PROFESSIONALS, Composition, Role
from rooms.unit_of_work import UnitOfWork
from rooms.visits import admission, schedule
from rooms.visits.invitations import BY_ACCOUNT_ALONE
from rooms.visits.states import VisitState
from rooms.visits.supervision import supervisor_name
from rooms.visits.views import AttendanceView, HelpPlan, SeatView, VisitView
from web import dates, keys
from web.forms import Form
from web.i18n import gettext_of
from web.login import begin_as, require_account
from web.moments import Moment, moment, offset_words
from web.referrals.page import supervisor_choices
from web.referrals.renewals import renewal_lines
from web.rendering import render
from web.visits.contexts import NoteLine, SeatLine, StayLine, VisitForms, VisitPage
from web.visits.line_summary import line_summary
from web.visits.lines import AHEAD, length_choices, visit_line, zone_choices
from web.words import words_for

#: The order in which the seats are shown: those to prepare first.
SEAT_ORDER = (
    Role.CLASSROOM,
    Role.GUARDIAN,
    Role.INTERPRETER,
    Role.SOCIAL_WORKER,
    Role.PSYCHOLOGIST,
    Role.SUPERVISOR,
)
#: Whose seat is their account's: they sign in.
BY_ACCOUNT = PROFESSIONALS | BY_ACCOUNT_ALONE
NO_FORMS = VisitForms(note=Form(), reschedule=Form(), supervision=Form())


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCase:
    """Everything that the page shows, read in one unit of work. Notes are their author's alone."""

    visit: VisitView
    referral: ReferralView
    attendance: tuple[AttendanceView, ...]
    minutes: tuple[RoomMinute, ...]
    notes: tuple[NoteView, ...]
    help: HelpPlan
    supervisor_name: str | None
    supervisors: tuple[Supervisor, ...]
    now: datetime


def visit_id_of(request: web.Request) -> VisitId:
    """Return the visit that the address names. Raises ``NotFoundError`` for what can not be an id."""
    text = request.match_info["id"]
    if not is_id(text):
        raise NotFoundError
    return VisitId(text)


async def show_visit(request: web.Request) -> web.Response:
    """Answer with the visit's page. A visit of other people's referrals is not found."""
    account = await require_account(request, AccountRole.SOCIAL_WORKER, AccountRole.PSYCHOLOGIST)
    return await visit_page(request, account, NO_FORMS)


async def visit_page(request: web.Request, account: AccountView, forms: VisitForms, status: int = 200) -> web.Response:
    """Answer with the page of the addressed visit, its forms as they were filled in."""
    async with begin_as(request, account) as uow:
        case = await read_visit(uow, account, visit_id_of(request))
    return render(request, "visits/visit.html", page_context(request, account, case, forms), status=status)


async def read_visit(uow: UnitOfWork, account: AccountView, visit_id: VisitId) -> VisitCase:
    """Read what the page shows. Raises ``NotFoundError`` for a visit that is not the actor's."""
    visit = await schedule.get_visit(uow, visit_id)
    is_psychologist = account.role is AccountRole.PSYCHOLOGIST
    return VisitCase(
        visit=visit,
        referral=await referrals.get_referral(uow, visit.referral),
        attendance=await followup.attendance(uow, visit_id),
        minutes=await health.minutes_of(uow, visit_id),
        notes=await followup.read_notes(uow, visit_id) if is_psychologist else (),
        help=await admission.help_plan(uow, visit_id),
        supervisor_name=await supervisor_name(uow, visit),
        supervisors=await list_supervisors(uow) if is_psychologist else (),
        now=uow.now,
    )


def page_context(request: web.Request, account: AccountView, case: VisitCase, forms: VisitForms) -> VisitPage:
    """Return the page in the language of the request."""
    visit = case.visit
    asked = next((seat for seat in visit.seats if seat.role is Role.SUPERVISOR), None)
    may_change = account.role is AccountRole.PSYCHOLOGIST and visit.state is VisitState.SCHEDULED
    may_ask = may_change and asked is None and visit.composition is Composition.ACCOMPANIED
    return VisitPage(
        visit=visit_line(request, visit, case.now),
        referral=visit.referral,
        is_psychologist=account.role is AccountRole.PSYCHOLOGIST,
        renewals=renewal_lines(request, account, case.referral),
        may_move=visit.state is VisitState.SCHEDULED,
        may_note=case.referral.psychologist_id == account.id and case.referral.state in CARED_FOR,
        own_time=own_time(request, account, visit),
        opens=moment(request, visit.opens_at, visit.zone),
        seats=tuple(
            seat_line(request, account, case, seat)
            for seat in sorted(visit.seats, key=lambda seat: SEAT_ORDER.index(seat.role))
        ),
        attendance=tuple(stay_line(request, stay, visit.zone) for stay in case.attendance),
        line=None if visit.state in AHEAD else line_summary(request, case.minutes, visit.zone),
        notes=tuple(NoteLine(moment(request, note.written_at, account.zone), note.text) for note in case.notes),
        help=case.help,
        forms=forms,
        supervisors=supervisor_choices(case.supervisors, gettext_of(request)) if may_ask else (),
        may_part=may_change and asked is not None and not asked.removed,
        wall_start=visit.wall_start.isoformat(timespec="minutes"),
        zone=visit.zone,
        zones=zone_choices(visit.starts_at, visit.zone, account.zone),
        minutes=str(visit.minutes),
        minutes_choices=length_choices(request, visit.minutes),
    )


def own_time(request: web.Request, account: AccountView, visit: VisitView) -> Moment | None:
    """Return the start on the reader's own clock, or None where it shows what the visit's clock shows."""
    if offset_words(visit.starts_at, account.zone) == offset_words(visit.starts_at, visit.zone):
        return None
    return moment(request, visit.starts_at, account.zone)


def seat_line(request: web.Request, reader: AccountView, case: VisitCase, seat: SeatView) -> SeatLine:
    """Return one seat as a line; whoever has an account by name."""
    names = {
        Role.SOCIAL_WORKER: case.referral.social_worker_name,
        Role.PSYCHOLOGIST: case.referral.psychologist_name or "",
        Role.SUPERVISOR: case.supervisor_name or "",
    }
    return SeatLine(
        code=seat.role.value,
        role=words_for(seat.role, gettext_of(request)),
        picture=seat.role.value,
        has_account=seat.role in BY_ACCOUNT,
        has_card=seat.role not in BY_ACCOUNT or (seat.role is Role.SOCIAL_WORKER and seat.account == reader.id),
        name=names.get(seat.role, ""),
        bound=seat.bound,
        removed=seat.removed,
    )


def stay_line(request: web.Request, stay: AttendanceView, zone: str) -> StayLine:
    """Return one stay in the room, in times of day on the visit's clock."""
    language = request[keys.LANGUAGE]
    return StayLine(
        role=words_for(stay.role, gettext_of(request)),
        joined=dates.clock(stay.joined_at, zone, language=language),
        left=None if stay.left_at is None else dates.clock(stay.left_at, zone, language=language),
    )


def add_routes(app: web.Application) -> None:
    """Add the page of a visit."""
    app.router.add_get("/visits/{id}", show_visit)
