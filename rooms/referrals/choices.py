"""The closed lists of the referral form: what can be answered by a tap. Values are stored and travel as they are."""

from enum import StrEnum


class AgeBand(StrEnum):
    """A child's age in years, no finer than help needs."""

    FROM_3_TO_5 = "3-5"
    FROM_6_TO_8 = "6-8"
    FROM_9_TO_11 = "9-11"
    FROM_12_TO_14 = "12-14"
    FROM_15_TO_17 = "15-17"


class Need(StrEnum):
    """What the social worker sees first. Not a diagnosis."""

    SADNESS = "sadness"
    FEAR_OR_WORRY = "fear-or-worry"
    LOSS_OR_GRIEF = "loss-or-grief"
    ANGER_OR_CONFLICT = "anger-or-conflict"
    VIOLENCE_SUFFERED = "violence-suffered"
    BULLYING = "bullying"
    FAMILY_HARDSHIP = "family-hardship"
    SCHOOL_AND_LEARNING = "school-and-learning"
    WITHDRAWAL = "withdrawal"
    SLEEP_OR_BODY = "sleep-or-body"
    OTHER = "other"


class Urgency(StrEnum):
    """How soon a psychologist should look at it."""

    ROUTINE = "routine"
    SOON = "soon"
    URGENT = "urgent"


#: The most urgent first, as open referrals are listed.
URGENCY_ORDER = (Urgency.URGENT, Urgency.SOON, Urgency.ROUTINE)


class Language(StrEnum):
    """A language that a child or a family speaks (not the languages of the pages)."""

    DARIJA = "darija"
    ARABIC = "arabic"
    TACHELHIT = "tachelhit"
    CENTRAL_ATLAS_TAMAZIGHT = "central-atlas-tamazight"
    TARIFIT = "tarifit"
    HASSANIYA = "hassaniya"
    FRENCH = "french"
    SIGN_LANGUAGE = "sign-language"


class ConsentRelation(StrEnum):
    """Who consented for the child."""

    MOTHER = "mother"
    FATHER = "father"
    GRANDPARENT = "grandparent"
    LEGAL_GUARDIAN = "legal-guardian"
    OTHER_RELATIVE = "other-relative"


class ConsentScope(StrEnum):
    """What the guardian agreed to; nothing outside of it may be done."""

    VISITS = "visits"
    ONE_TO_ONE = "one_to_one"
    SHARE_RECOMMENDATIONS_WITH_SCHOOL = "share_recommendations_with_school"


class ExitReason(StrEnum):
    """Why a child's path ended here: the exit points."""

    GOALS_REACHED = "goals-reached"
    LOCAL_SUPPORT = "local-support"
    SPECIALIST_CARE = "specialist-care"
    MOVED_AWAY = "moved-away"
    FAMILY_CHOICE = "family-choice"
    NOT_REACHED = "not-reached"
    OTHER = "other"
