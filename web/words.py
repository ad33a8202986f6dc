"""The words for what the domain knows by code: closed lists, states and roles, as sentences to be translated.

Every member of each list has its words here; a test walks the lists. Members of two lists may be equal as text
(``other``, ``closed``), so the words of each list stand apart.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from rooms.followup.views import Addressee
from rooms.people.roles import AccountRole
from rooms.referrals.choices import AgeBand, ConsentRelation, ConsentScope, ExitReason, Language, Need, Urgency
from rooms.referrals.states import ReferralState
from rooms.roles import Composition, Role
from rooms.visits.states import RoomState, VisitState
from web.i18n import N_

#: Turns a sentence in English into the reader's language.
Translate = Callable[[str], str]

WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    AgeBand: {
        AgeBand.FROM_3_TO_5: N_("3 to 5 years"),
        AgeBand.FROM_6_TO_8: N_("6 to 8 years"),
        AgeBand.FROM_9_TO_11: N_("9 to 11 years"),
        AgeBand.FROM_12_TO_14: N_("12 to 14 years"),
        AgeBand.FROM_15_TO_17: N_("15 to 17 years"),
    },
    Need: {
        Need.SADNESS: N_("Sad most of the time"),
        Need.FEAR_OR_WORRY: N_("Afraid or worried"),
        Need.LOSS_OR_GRIEF: N_("Lost somebody dear"),
        Need.ANGER_OR_CONFLICT: N_("Angry, in conflict"),
        Need.VIOLENCE_SUFFERED: N_("Suffered violence"),
        Need.BULLYING: N_("Bullied by others"),
        Need.FAMILY_HARDSHIP: N_("Hard times in the family"),
        Need.SCHOOL_AND_LEARNING: N_("Trouble at school or with learning"),
        Need.WITHDRAWAL: N_("Withdrawn, speaks little"),
        Need.SLEEP_OR_BODY: N_("Sleeps badly, pains without a cause"),
        Need.OTHER: N_("Something else"),
    },
    Urgency: {
        Urgency.ROUTINE: N_("In the coming weeks"),
        Urgency.SOON: N_("This week"),
        Urgency.URGENT: N_("As soon as possible"),
    },
    Language: {
        Language.DARIJA: N_("Darija"),
        Language.ARABIC: N_("Arabic"),
        Language.TACHELHIT: N_("Tachelhit"),
        Language.CENTRAL_ATLAS_TAMAZIGHT: N_("Tamazight of the Atlas"),
        Language.TARIFIT: N_("Tarifit"),
        Language.HASSANIYA: N_("Hassaniya"),
        Language.FRENCH: N_("French"),
        Language.SIGN_LANGUAGE: N_("Sign language"),
    },
    ConsentRelation: {
        ConsentRelation.MOTHER: N_("The mother"),
        ConsentRelation.FATHER: N_("The father"),
        ConsentRelation.GRANDPARENT: N_("A grandparent"),
        ConsentRelation.LEGAL_GUARDIAN: N_("The legal guardian"),
        ConsentRelation.OTHER_RELATIVE: N_("Another relative"),
    },
    ConsentScope: {
        ConsentScope.VISITS: N_("Visits with the psychologist, the social worker beside the child"),
        ConsentScope.ONE_TO_ONE: N_("Visits of the child and the psychologist alone, the social worker at the door"),
        ConsentScope.SHARE_RECOMMENDATIONS_WITH_SCHOOL: N_("Advice for the school may be shared with it"),
    },
    ExitReason: {
        ExitReason.GOALS_REACHED: N_("The child is better; what we set out to do is done"),
        ExitReason.LOCAL_SUPPORT: N_("Somebody near the child goes on"),
        ExitReason.SPECIALIST_CARE: N_("The child goes to a specialist"),
        ExitReason.MOVED_AWAY: N_("The family moved away"),
        ExitReason.FAMILY_CHOICE: N_("The child or the family wishes to stop"),
        ExitReason.NOT_REACHED: N_("We could not reach the child"),
        ExitReason.OTHER: N_("Something else"),
    },
    Addressee: {
        Addressee.FAMILY: N_("The family"),
        Addressee.SCHOOL: N_("The school"),
        Addressee.SPECIALIST: N_("A specialist"),
    },
    ReferralState: {
        ReferralState.FILED: N_("Waiting for a psychologist"),
        ReferralState.TAKEN: N_("Taken by a psychologist"),
        ReferralState.IN_SUPPORT: N_("In support"),
        ReferralState.CLOSED: N_("Support has ended"),
        ReferralState.WITHDRAWN: N_("Consent taken back"),
    },
    VisitState: {
        VisitState.SCHEDULED: N_("Booked"),
        VisitState.OPEN: N_("Open now"),
        VisitState.COMPLETED: N_("Took place"),
        VisitState.CANCELLED: N_("Cancelled"),
        VisitState.EXPIRED: N_("Nobody came"),
        VisitState.MISSED: N_("Did not come about"),
    },
    RoomState: {
        RoomState.WAITING: N_("Waiting"),
        RoomState.LIVE: N_("Live"),
        RoomState.PAUSED: N_("Paused"),
        RoomState.CLOSED: N_("Closed"),
    },
    Composition: {
        Composition.ACCOMPANIED: N_("with the social worker in the room"),
        Composition.ONE_TO_ONE: N_("child and psychologist alone"),
    },
    Role: {
        Role.CLASSROOM: N_("Child in the classroom"),
        Role.SOCIAL_WORKER: N_("Social worker"),
        Role.PSYCHOLOGIST: N_("Psychologist"),
        Role.GUARDIAN: N_("Guardian"),
        Role.INTERPRETER: N_("Interpreter"),
        Role.SUPERVISOR: N_("Supervisor"),
    },
    AccountRole: {
        AccountRole.SOCIAL_WORKER: N_("Social worker"),
        AccountRole.PSYCHOLOGIST: N_("Psychologist"),
        AccountRole.SUPERVISOR: N_("Supervisor"),
        AccountRole.ADMIN: N_("Administrator"),
    },
}


def words_for(member: StrEnum, translate: Translate) -> str:
    """Return the words for one member of a closed list, in the reader's language."""
    return translate(WORDS[type(member)][member])


def options(members: Iterable[StrEnum], translate: Translate) -> tuple[tuple[str, str], ...]:
    """Return (value, words) for each member, as the fields of a form want them."""
    return tuple((member.value, words_for(member, translate)) for member in members)
