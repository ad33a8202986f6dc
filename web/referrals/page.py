"""The page of one referral, for its social worker and its psychologist."""

from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web

from rooms.errors import NotFoundError
from rooms.followup import service as followup
from rooms.followup.views import Addressee, RecommendationView
from rooms.ids import ReferralId, is_id
from rooms.people import service as people
from rooms.people.roles import AccountRole
from rooms.people.supervisors import list_supervisors
from rooms.people.views import AccountView, Supervisor
from rooms.referrals import service as referrals
from rooms.referrals.choices import ConsentScope, ExitReason, Language
from rooms.referrals.states import CARED_FOR, ENDED, ReferralState
from rooms.referrals.views import MessageView, ReferralView
from rooms.roles import Composition, Role
from rooms.unit_of_work import UnitOfWork
from rooms.visits import schedule
from rooms.visits.views import VisitView
from web import dates, keys
from web.forms import Form
from web.i18n import N_, gettext_of
from web.login import begin_as, require_account
from web.moments import moment
from web.referrals.contexts import (
    BookingChoices,
    Child,
    ConsentLines,
    ExitLines,
    May,
    MessageLine,
    Options,
    RecommendationLine,
    ReferralForms,
    ReferralPage,
)
from web.referrals.renewals import renewal_lines
from web.referrals.status import next_step, status_line
from web.rendering import render
from web.visits.lines import length_choices, visit_line, zone_choices
from web.words import Translate, options, words_for

#: Those who can be invited beside the three that belong to every visit.
EXTRA_ROLES = (Role.GUARDIAN, Role.INTERPRETER)
NOBODY_SUPERVISES = N_("Nobody")
NO_FORMS = ReferralForms(message=Form(), booking=Form(), recommendation=Form(), closing=Form())


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that the page shows, as the domain knows it, read in one unit of work."""

    referral: ReferralView
    school_zone: str
    messages: tuple[MessageView, ...]
    visits: tuple[VisitView, ...]
    recommendations: tuple[RecommendationView, ...]
    supervisors: tuple[Supervisor, ...]
    now: datetime


def referral_id_of(request: web.Request) -> ReferralId:
    """Return the referral that the address names. Raises ``NotFoundError`` for what can not be an id."""
    text = request.match_info["id"]
    if not is_id(text):
        raise NotFoundError
    return ReferralId(text)


async def show_referral(request: web.Request) -> web.Response:
    """Answer with the referral's page. A referral of other people is not found."""
    account = await require_account(request, AccountRole.SOCIAL_WORKER, AccountRole.PSYCHOLOGIST)
    return await referral_page(request, account, NO_FORMS)


async def referral_page(
    request: web.Request,
    account: AccountView,
    forms: ReferralForms,
    status: int = 200,
) -> web.Response:
    """Answer with the page of the addressed referral, its forms as they were filled in."""
    async with begin_as(request, account) as uow:
        case = await read_case(uow, referral_id_of(request))
    return render(request, "referrals/referral.html", page_context(request, account, case, forms), status=status)


async def read_case(uow: UnitOfWork, referral_id: ReferralId) -> Case:
    """Read what the page shows. Raises ``NotFoundError`` for a referral that is not the actor's."""
    referral = await referrals.get_referral(uow, referral_id)
    school = await people.get_school(uow, referral.school_id)
    return Case(
        referral=referral,
        school_zone=school.zone,
        messages=await referrals.list_messages(uow, referral_id),
        visits=await schedule.list_visits(uow, referral_id),
        recommendations=await followup.list_recommendations(uow, referral_id),
        supervisors=await list_supervisors(uow) if referral.psychologist_id == uow.actor.id else (),
        now=uow.now,
    )


def page_context(request: web.Request, account: AccountView, case: Case, forms: ReferralForms) -> ReferralPage:
    """Return the page in the language of the request, with what the reader may do there now."""
    translate = gettext_of(request)
    referral = case.referral
    is_psychologist = referral.psychologist_id == account.id
    lines = [visit_line(request, visit, case.now) for visit in sorted(case.visits, key=lambda visit: visit.starts_at)]
    ahead = tuple(line for line in lines if line.is_ahead)
    return ReferralPage(
        id=referral.id,
        child=child_in_words(referral, translate),
        state=words_for(referral.state, translate),
        status=status_line(referral.state, translate, for_psychologist=is_psychologist),
        next_step=next_step(
            referral.state,
            translate,
            for_psychologist=is_psychologist,
            unanswered=bool(case.messages) and not case.messages[-1].mine,
            next_visit=ahead[0].id if ahead else None,
        ),
        social_worker=referral.social_worker_name,
        psychologist=referral.psychologist_name,
        renewals=renewal_lines(request, account, referral),
        visits=ahead,
        past_visits=tuple(reversed([line for line in lines if not line.is_ahead])),
        messages=tuple(message_line(request, referral, message, case.school_zone) for message in case.messages),
        recommendations=tuple(
            recommendation_line(request, recommendation, case.school_zone) for recommendation in case.recommendations
        ),
        consent=consent_in_words(request, referral, case.school_zone),
        exit=exit_in_words(request, referral, case.school_zone),
        may=what_may(referral, is_psychologist=is_psychologist),
        forms=forms,
        booking=booking_choices(request, account, case),
        addressees=options(addressees_of(referral), translate),
        spoken_languages=options(spoken_first(referral), translate),
        exit_reasons=options(ExitReason, translate),
    )


def what_may(referral: ReferralView, *, is_psychologist: bool) -> May:
    """Return what the reader may do with a referral in its state. The services check again."""
    is_cared_for = referral.state in CARED_FOR
    under_way = referral.state not in ENDED
    return May(
        write=is_cared_for,
        book=is_cared_for and is_psychologist,
        recommend=is_cared_for and is_psychologist,
        withdraw=under_way,
        release=is_cared_for and is_psychologist,
        close=is_cared_for if is_psychologist else referral.state is ReferralState.FILED,
    )


def child_in_words(referral: ReferralView, translate: Translate) -> Child:
    """Return what was assessed, in words."""
    return Child(
        name=referral.pseudonym,
        age=words_for(referral.age_band, translate),
        languages=tuple(words_for(language, translate) for language in sorted(referral.languages)),
        school=referral.school_name,
        need=words_for(referral.need, translate),
        urgency=words_for(referral.urgency, translate),
        tried=referral.tried,
        strengths=referral.strengths,
        wish=referral.wish,
    )


def message_line(request: web.Request, referral: ReferralView, message: MessageView, zone: str) -> MessageLine:
    """Return one message as a line, on the school's clock."""
    names = {
        referral.social_worker_id: referral.social_worker_name,
        referral.psychologist_id: referral.psychologist_name or "",
    }
    earlier = gettext_of(request)(N_("An earlier psychologist"))
    return MessageLine(
        author=names.get(message.author_id, earlier),
        mine=message.mine,
        text=message.text,
        at=moment(request, message.written_at, zone),
    )


def recommendation_line(request: web.Request, recommendation: RecommendationView, zone: str) -> RecommendationLine:
    """Return one recommendation as a line, on the school's clock."""
    translate = gettext_of(request)
    return RecommendationLine(
        id=recommendation.id,
        addressee=words_for(recommendation.addressee, translate),
        language=words_for(recommendation.language, translate),
        text=recommendation.text,
        at=moment(request, recommendation.written_at, zone),
    )


def consent_in_words(request: web.Request, referral: ReferralView, zone: str) -> ConsentLines:
    """Return the guardian's consent in words."""
    translate, language = gettext_of(request), request[keys.LANGUAGE]
    consent = referral.consent
    withdrawn_on = None if consent.withdrawn_at is None else dates.day(consent.withdrawn_at, zone, language=language)
    return ConsentLines(
        relation=words_for(consent.relation, translate),
        given_on=dates.calendar_day(consent.given_on, language=language),
        language=words_for(consent.language, translate),
        version=consent.text_version,
        scope=tuple(words_for(scope, translate) for scope in ConsentScope if scope in consent.scope),
        withdrawn_on=withdrawn_on,
    )


def exit_in_words(request: web.Request, referral: ReferralView, zone: str) -> ExitLines | None:
    """Return how the path ended, or None while it goes on."""
    if referral.ended_at is None:
        return None
    translate = gettext_of(request)
    return ExitLines(
        on=dates.day(referral.ended_at, zone, language=request[keys.LANGUAGE]),
        reason=None if referral.exit_reason is None else words_for(referral.exit_reason, translate),
        next_contact=referral.next_contact,
    )


def booking_choices(request: web.Request, account: AccountView, case: Case) -> BookingChoices:
    """Return what the booking form offers: one-to-one only where the guardian agreed to it."""
    translate = gettext_of(request)
    may_be_alone = ConsentScope.ONE_TO_ONE in case.referral.consent.scope
    hint = translate(
        N_("The rule is with the social worker in the room. Alone: they wait at the door, without sound or picture.")
        if may_be_alone
        else N_("The guardian agreed to visits with the social worker in the room only.")
    )
    return BookingChoices(
        zone=case.school_zone,
        zones=zone_choices(case.now, case.school_zone, account.zone),
        minutes=length_choices(request),
        compositions=options(Composition if may_be_alone else (Composition.ACCOMPANIED,), translate),
        composition_hint=hint,
        extra_roles=options(EXTRA_ROLES, translate),
        supervisors=supervisor_choices(case.supervisors, translate),
    )


def supervisor_choices(supervisors: tuple[Supervisor, ...], translate: Translate) -> Options:
    """Return whom the form offers to ask for supervision: nobody first, and nothing at all where there is no one."""
    if not supervisors:
        return ()
    return (("", translate(NOBODY_SUPERVISES)), *((each.id, each.name) for each in supervisors))


def addressees_of(referral: ReferralView) -> tuple[Addressee, ...]:
    """Return whom a recommendation may be written for: the school only where the guardian agreed to it."""
    may_share = ConsentScope.SHARE_RECOMMENDATIONS_WITH_SCHOOL in referral.consent.scope
    return tuple(addressee for addressee in Addressee if may_share or addressee is not Addressee.SCHOOL)


def spoken_first(referral: ReferralView) -> tuple[Language, ...]:
    """Return all languages, those of the child first."""
    return tuple(sorted(Language, key=lambda language: language not in referral.languages))


def with_form(**filled: Form) -> ReferralForms:
    """Return the forms of the page with one of them filled in."""
    return replace(NO_FORMS, **filled)


def add_routes(app: web.Application) -> None:
    """Add the page of a referral."""
    app.router.add_get("/referrals/{id}", show_referral)
