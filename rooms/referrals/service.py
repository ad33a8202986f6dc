"""The referral path: file, list, take, talk, hand back, and the ways out.

Every function takes a unit of work whose actor is an account, and returns frozen views. A referral of somebody else is
``not-found``; what the role does not allow is ``not-allowed``; what the state does not allow is ``wrong-state``.
"""

from sqlalchemy import case, func, or_, select

from rooms.audit import AuditTag
from rooms.errors import NotAllowedError, NotFoundError
from rooms.ids import AccountId, ReferralId, SchoolId, new_id
from rooms.people.access import acting_account, lock_account, names_of, school_of
from rooms.people.models import School
from rooms.people.renewals import renewals_of
from rooms.people.roles import AccountRole
from rooms.referrals.access import (
    consent_of,
    own_referral,
    pseudonym_of,
    referral_in_care,
    refuse_ended,
    require_consent,
    require_role,
)
from rooms.referrals.choices import URGENCY_ORDER, ConsentScope, ExitReason, Language
from rooms.referrals.errors import CaseloadFullError, ReferralTakenError
from rooms.referrals.filing import add_referral
from rooms.referrals.models import Consent, Referral, ReferralMessage
from rooms.referrals.states import CARED_FOR, ENDED, ReferralState, transition
from rooms.referrals.texts import check_text
from rooms.referrals.views import (
    ConsentView,
    MessageView,
    MyReferral,
    OpenReferral,
    ReferralEnd,
    ReferralForm,
    ReferralView,
)
from rooms.unit_of_work import UnitOfWork
from rooms.visits.schedule import cancel_pending

#: How many children one psychologist answers for at once, unless the installation says otherwise.
CASELOAD_LIMIT = 20
PAGE_SIZE = 50
#: The longest conversation that is shown; older messages stay stored.
MESSAGES_SHOWN = 200


async def file_referral(uow: UnitOfWork, form: ReferralForm) -> ReferralId:
    """File a child's referral, by a social worker. Raises ``InvalidInputError`` with the fault of each field."""
    social_worker = await require_role(uow, AccountRole.SOCIAL_WORKER)
    school = await school_of(uow, form.school_id)
    return await add_referral(uow, form, social_worker, school.zone)


async def list_open(uow: UnitOfWork, *, page: int = 0) -> tuple[OpenReferral, ...]:
    """Return filed referrals for a psychologist: the most urgent first, then the longest waiting. Pages of 50."""
    await require_role(uow, AccountRole.PSYCHOLOGIST)
    rank = case({urgency: place for place, urgency in enumerate(URGENCY_ORDER)}, value=Referral.urgency)
    rows = await uow.db.execute(
        select(Referral, School.zone)
        .join(School, School.id == Referral.school_id)
        .where(Referral.state == ReferralState.FILED)
        .order_by(rank, Referral.filed_at, Referral.id)
        .limit(PAGE_SIZE)
        .offset(max(page, 0) * PAGE_SIZE)
    )
    return tuple(
        OpenReferral(
            id=referral.id,
            age_band=referral.age_band,
            languages=frozenset(map(Language, referral.languages)),
            need=referral.need,
            urgency=referral.urgency,
            school_zone=zone,
            filed_at=referral.filed_at,
        )
        for referral, zone in rows
    )


async def list_mine(uow: UnitOfWork, *, page: int = 0) -> tuple[MyReferral, ...]:
    """Return the referrals that the actor filed or takes care of: those under way first, newest first. Pages of 50."""
    account = await acting_account(uow)
    ended = case((Referral.state.in_(ENDED), 1), else_=0)
    referrals = (
        await uow.db.scalars(
            select(Referral)
            .where(or_(Referral.social_worker_id == account.id, Referral.psychologist_id == account.id))
            .order_by(ended, Referral.filed_at.desc(), Referral.id)
            .limit(PAGE_SIZE)
            .offset(max(page, 0) * PAGE_SIZE)
        )
    ).all()
    await uow.vault.preload(referral.id for referral in referrals)
    names = await names_of(uow, {referral.psychologist_id for referral in referrals if referral.psychologist_id})
    unanswered = await count_unanswered(uow, account.id, [referral.id for referral in referrals])
    return tuple(
        [
            MyReferral(
                id=referral.id,
                state=referral.state,
                pseudonym=await pseudonym_of(uow, referral),
                age_band=referral.age_band,
                need=referral.need,
                urgency=referral.urgency,
                filed_at=referral.filed_at,
                psychologist_name=names[referral.psychologist_id] if referral.psychologist_id else None,
                unanswered=unanswered.get(referral.id, 0),
            )
            for referral in referrals
        ]
    )


async def count_unanswered(uow: UnitOfWork, reader: AccountId, referrals: list[ReferralId]) -> dict[ReferralId, int]:
    """Return, for each referral, how many messages of others came after the reader's own last one."""
    mine = (
        select(ReferralMessage.referral_id, func.max(ReferralMessage.written_at).label("last"))
        .where(ReferralMessage.author_id == reader, ReferralMessage.referral_id.in_(referrals))
        .group_by(ReferralMessage.referral_id)
        .subquery()
    )
    rows = await uow.db.execute(
        select(ReferralMessage.referral_id, func.count())
        .outerjoin(mine, mine.c.referral_id == ReferralMessage.referral_id)
        .where(
            ReferralMessage.referral_id.in_(referrals),
            ReferralMessage.author_id != reader,
            or_(mine.c.last.is_(None), ReferralMessage.written_at > mine.c.last),
        )
        .group_by(ReferralMessage.referral_id)
    )
    return {row[0]: row[1] for row in rows}


async def get_referral(uow: UnitOfWork, referral_id: ReferralId) -> ReferralView:
    """Return a whole referral to its social worker or its psychologist, and tell the audit chain that it was read."""
    referral = await own_referral(uow, referral_id)
    people = {referral.social_worker_id, *([referral.psychologist_id] if referral.psychologist_id else [])}
    names = await names_of(uow, people)
    school = await school_of(uow, SchoolId(referral.school_id))
    consent = await consent_of(uow, referral_id)

    async def opened(field: str, sealed: bytes) -> str:
        return await uow.vault.open(referral_id, Referral.__tablename__, field, referral_id, sealed)

    uow.record(AuditTag.REFERRAL_READ, referral_id)
    return ReferralView(
        id=referral.id,
        state=referral.state,
        school_id=referral.school_id,
        school_name=school.name,
        social_worker_id=referral.social_worker_id,
        social_worker_name=names[referral.social_worker_id],
        psychologist_id=referral.psychologist_id,
        psychologist_name=names[referral.psychologist_id] if referral.psychologist_id else None,
        pseudonym=await opened("pseudonym", referral.pseudonym),
        age_band=referral.age_band,
        languages=frozenset(map(Language, referral.languages)),
        need=referral.need,
        urgency=referral.urgency,
        tried=await opened("tried", referral.tried),
        strengths=await opened("strengths", referral.strengths),
        wish=await opened("wish", referral.wish),
        consent=consent_view(consent),
        filed_at=referral.filed_at,
        taken_at=referral.taken_at,
        ended_at=referral.ended_at,
        exit_reason=referral.exit_reason,
        next_contact=None if referral.next_contact is None else await opened("next_contact", referral.next_contact),
        password_renewals=await renewals_of(uow, people) if referral.state not in ENDED else {},
    )


def consent_view(consent: Consent) -> ConsentView:
    """Return a recorded consent as facts."""
    return ConsentView(
        relation=consent.relation,
        given_on=consent.given_on,
        text_version=consent.text_version,
        scope=frozenset(map(ConsentScope, consent.scope)),
        language=consent.language,
        withdrawn_at=consent.withdrawn_at,
    )


async def take_referral(uow: UnitOfWork, referral_id: ReferralId, *, caseload_limit: int = CASELOAD_LIMIT) -> None:
    """Take care of a filed referral, as a psychologist.

    Raises :class:`CaseloadFullError`, :class:`ReferralTakenError` when another was faster, ``ConsentMissingError``.
    """
    psychologist = await require_role(uow, AccountRole.PSYCHOLOGIST)
    # Two takes at once by one person would both see room under the limit.
    await lock_account(uow, psychologist)
    caseload = await uow.db.scalar(
        select(func.count()).where(Referral.psychologist_id == psychologist, Referral.state.in_(CARED_FOR))
    )
    if (caseload or 0) >= caseload_limit:
        raise CaseloadFullError(limit=caseload_limit)
    referral = await uow.db.scalar(select(Referral).where(Referral.id == referral_id).with_for_update())
    if referral is None or referral.state in ENDED:
        raise NotFoundError
    if referral.state is not ReferralState.FILED:
        raise ReferralTakenError
    await require_consent(uow, referral_id, ConsentScope.VISITS)
    referral.state = transition(referral.state, ReferralState.TAKEN, referral_id)
    referral.psychologist_id = psychologist
    referral.taken_at = uow.now
    uow.record(AuditTag.REFERRAL_TAKEN, referral_id)


async def release_referral(uow: UnitOfWork, referral_id: ReferralId) -> ReferralEnd:
    """Hand a referral back to the open list, as its psychologist; its coming visits are cancelled."""
    referral = await referral_in_care(uow, referral_id)
    cancelled = await cancel_pending(uow, referral_id, "released")
    referral.state = transition(referral.state, ReferralState.FILED, referral_id)
    referral.psychologist_id = None
    referral.taken_at = None
    uow.record(AuditTag.REFERRAL_RELEASED, referral_id)
    return ReferralEnd(state=referral.state, cancelled_visits=cancelled)


async def write_message(uow: UnitOfWork, referral_id: ReferralId, text: str) -> None:
    """Write to the other professional of a referral. Raises ``InvalidInputError`` for the field ``text``."""
    referral = await own_referral(uow, referral_id)
    refuse_ended(referral)
    tidied = check_text("text", text)
    message_id = new_id()
    uow.db.add(
        ReferralMessage(
            id=message_id,
            referral_id=referral_id,
            author_id=AccountId(uow.actor.id),
            written_at=uow.now,
            text=await uow.vault.seal(referral_id, ReferralMessage.__tablename__, "text", message_id, tidied),
        )
    )
    uow.record(AuditTag.MESSAGE_WRITTEN, referral_id, message=message_id)


async def list_messages(uow: UnitOfWork, referral_id: ReferralId) -> tuple[MessageView, ...]:
    """Return the latest 200 messages of a referral, oldest first."""
    await own_referral(uow, referral_id)
    messages = await uow.db.scalars(
        select(ReferralMessage)
        .where(ReferralMessage.referral_id == referral_id)
        .order_by(ReferralMessage.written_at.desc(), ReferralMessage.id)
        .limit(MESSAGES_SHOWN)
    )
    views = [
        MessageView(
            id=message.id,
            author_id=message.author_id,
            mine=message.author_id == uow.actor.id,
            text=await uow.vault.open(referral_id, ReferralMessage.__tablename__, "text", message.id, message.text),
            written_at=message.written_at,
        )
        for message in messages
    ]
    return tuple(reversed(views))


async def withdraw_consent(uow: UnitOfWork, referral_id: ReferralId) -> ReferralEnd:
    """Write down that the guardian took the consent back: coming and open visits are cancelled, their links die.

    Either professional may be told by the guardian. The caller closes the live rooms of the returned visits.
    """
    referral = await own_referral(uow, referral_id, lock=True)
    referral.state = transition(referral.state, ReferralState.WITHDRAWN, referral_id)
    referral.ended_at = uow.now
    consents = await uow.db.scalars(
        select(Consent).where(Consent.referral_id == referral_id, Consent.withdrawn_at.is_(None))
    )
    for consent in consents:
        consent.withdrawn_at = uow.now
        uow.record(AuditTag.CONSENT_WITHDRAWN, referral_id, consent=consent.id)
    cancelled = await cancel_pending(uow, referral_id, "withdrawn")
    return ReferralEnd(state=referral.state, cancelled_visits=cancelled)


async def close_referral(
    uow: UnitOfWork, referral_id: ReferralId, reason: ExitReason, next_contact: str = ""
) -> ReferralEnd:
    """Lead a path to its exit point, with the reason and whom the family can turn to next.

    By the psychologist who takes care of it, or by the social worker while nobody does.
    """
    referral = await own_referral(uow, referral_id, lock=True)
    if referral.psychologist_id is not None and referral.psychologist_id != uow.actor.id:
        raise NotAllowedError
    referral.state = transition(referral.state, ReferralState.CLOSED, referral_id)
    referral.ended_at = uow.now
    referral.exit_reason = reason
    if next_contact.strip():
        tidied = check_text("next_contact", next_contact)
        referral.next_contact = await uow.vault.seal(
            referral_id, Referral.__tablename__, "next_contact", referral_id, tidied
        )
    cancelled = await cancel_pending(uow, referral_id, "closed")
    uow.record(AuditTag.REFERRAL_CLOSED, referral_id, reason=reason)
    return ReferralEnd(state=referral.state, cancelled_visits=cancelled)
