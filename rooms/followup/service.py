"""Follow-up: the psychologist's private notes, recommendations by addressee, and who attended.

Notes are read by nobody but their author. Recommendations to the family and the school are also the social worker's,
who reads them aloud or prints them; the school's only as far as the guardian's consent goes; a specialist's stay with
the psychologist.
"""

from sqlalchemy import select

from rooms.audit import AuditTag
from rooms.errors import NotAllowedError, NotFoundError
from rooms.followup.models import Recommendation, VisitNote
from rooms.followup.views import Addressee, NoteView, RecommendationView
from rooms.ids import AccountId, ReferralId, VisitId, new_id
from rooms.people.access import names_of
from rooms.referrals.access import own_referral, referral_in_care, require_consent
from rooms.referrals.choices import ConsentScope, Language
from rooms.referrals.models import Referral
from rooms.referrals.texts import check_text
from rooms.unit_of_work import UnitOfWork
from rooms.visits.access import own_visit
from rooms.visits.attendance import stays_of
from rooms.visits.models import Visit
from rooms.visits.views import AttendanceView

#: The longest list that is shown; older rows stay stored.
ROWS_SHOWN = 100
#: What the social worker of a referral may read.
FOR_SOCIAL_WORKER = frozenset({Addressee.FAMILY, Addressee.SCHOOL})


async def write_note(uow: UnitOfWork, visit_id: VisitId, text: str) -> None:
    """Write a private note on a visit, as the psychologist who takes care of the child.

    Raises ``NotFoundError``, ``NotAllowedError`` for anybody else of the referral, ``WrongStateError`` after its end
    and ``InvalidInputError`` for the field ``text``.
    """
    visit, _ = await own_visit(uow, visit_id)
    await referral_in_care(uow, visit.referral_id)
    tidied = check_text("text", text)
    note_id = new_id()
    uow.db.add(
        VisitNote(
            id=note_id,
            visit_id=visit_id,
            author_id=AccountId(uow.actor.id),
            written_at=uow.now,
            text=await uow.vault.seal(visit.referral_id, VisitNote.__tablename__, "text", note_id, tidied),
        )
    )
    uow.record(AuditTag.NOTE_WRITTEN, visit_id, note=note_id)


async def read_notes(uow: UnitOfWork, visit_id: VisitId) -> tuple[NoteView, ...]:
    """Return the actor's own notes on a visit, oldest first; at most 100. Anybody else of the referral sees none."""
    visit, referral = await own_visit(uow, visit_id)
    if referral.psychologist_id != uow.actor.id:
        raise NotAllowedError
    notes = await uow.db.scalars(
        select(VisitNote)
        .where(VisitNote.visit_id == visit_id, VisitNote.author_id == uow.actor.id)
        .order_by(VisitNote.written_at, VisitNote.id)
        .limit(ROWS_SHOWN)
    )
    views = [
        NoteView(
            id=note.id,
            visit=visit_id,
            text=await uow.vault.open(visit.referral_id, VisitNote.__tablename__, "text", note.id, note.text),
            written_at=note.written_at,
        )
        for note in notes
    ]
    if views:
        uow.record(AuditTag.NOTES_READ, visit_id, count=len(views))
    return tuple(views)


async def write_recommendation(
    uow: UnitOfWork,
    referral_id: ReferralId,
    *,
    addressee: Addressee,
    language: Language,
    text: str,
    visit_id: VisitId | None = None,
) -> str:
    """Write a recommendation, as the psychologist who takes care of the child; return its id.

    ``visit_id`` names the visit it follows from, of the same referral. One for the school needs the guardian's consent
    to share (``ConsentMissingError``).
    """
    await referral_in_care(uow, referral_id)
    if addressee is Addressee.SCHOOL:
        await require_consent(uow, referral_id, ConsentScope.SHARE_RECOMMENDATIONS_WITH_SCHOOL)
    if visit_id is not None:
        of_referral = select(Visit.id).where(Visit.id == visit_id, Visit.referral_id == referral_id)
        if await uow.db.scalar(of_referral) is None:
            raise NotFoundError
    tidied = check_text("text", text)
    recommendation_id = new_id()
    uow.db.add(
        Recommendation(
            id=recommendation_id,
            referral_id=referral_id,
            visit_id=visit_id,
            author_id=AccountId(uow.actor.id),
            addressee=addressee,
            language=language,
            written_at=uow.now,
            text=await uow.vault.seal(referral_id, Recommendation.__tablename__, "text", recommendation_id, tidied),
        )
    )
    uow.record(AuditTag.RECOMMENDATION_WRITTEN, referral_id, recommendation=recommendation_id, addressee=addressee)
    return recommendation_id


def readable_by(uow: UnitOfWork, referral: Referral) -> frozenset[Addressee]:
    """Return whose recommendations the actor may read in one of their own referrals."""
    return frozenset(Addressee) if referral.psychologist_id == uow.actor.id else FOR_SOCIAL_WORKER


async def list_recommendations(uow: UnitOfWork, referral_id: ReferralId) -> tuple[RecommendationView, ...]:
    """Return the recommendations of a referral that the actor may read, the newest first; at most 100."""
    referral = await own_referral(uow, referral_id)
    rows = (
        await uow.db.scalars(
            select(Recommendation)
            .where(
                Recommendation.referral_id == referral_id,
                Recommendation.addressee.in_(readable_by(uow, referral)),
            )
            .order_by(Recommendation.written_at.desc(), Recommendation.id)
            .limit(ROWS_SHOWN)
        )
    ).all()
    names = await names_of(uow, {row.author_id for row in rows})
    if rows:
        uow.record(AuditTag.RECOMMENDATIONS_READ, referral_id, count=len(rows))
    return tuple([await recommendation_view(uow, row, names[row.author_id]) for row in rows])


async def get_recommendation(uow: UnitOfWork, recommendation_id: str) -> RecommendationView:
    """Return one recommendation to print or to read aloud. Raises ``NotFoundError`` for one the actor may not read."""
    row = await uow.db.get(Recommendation, recommendation_id)
    if row is None:
        raise NotFoundError
    referral = await own_referral(uow, row.referral_id)
    if row.addressee not in readable_by(uow, referral):
        raise NotFoundError
    names = await names_of(uow, {row.author_id})
    uow.record(AuditTag.RECOMMENDATION_PRINTED, row.referral_id, recommendation=row.id)
    return await recommendation_view(uow, row, names[row.author_id])


async def recommendation_view(uow: UnitOfWork, row: Recommendation, author_name: str) -> RecommendationView:
    """Return a recommendation as facts."""
    return RecommendationView(
        id=row.id,
        referral=row.referral_id,
        visit=row.visit_id,
        author=row.author_id,
        author_name=author_name,
        addressee=row.addressee,
        language=row.language,
        text=await uow.vault.open(row.referral_id, Recommendation.__tablename__, "text", row.id, row.text),
        written_at=row.written_at,
    )


async def attendance(uow: UnitOfWork, visit_id: VisitId) -> tuple[AttendanceView, ...]:
    """Return who came to a visit of the actor's own referrals, when and until when."""
    await own_visit(uow, visit_id)
    return await stays_of(uow, visit_id)
