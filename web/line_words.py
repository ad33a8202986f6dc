"""How lines are, in words: one sentence for the cause, one word for the figure. For the admin's and the visit's pages.

A cause that is somebody's has a whole sentence for each person: in most languages "the classroom's upload" is not made
of parts. Guests are one person here.
"""

from collections.abc import Mapping
from enum import StrEnum

from rooms.health.samples import ConnectionState, Rung
from rooms.health.verdict import Cause, Level
from rooms.roles import Role
from web.i18n import N_
from web.words import Translate


class Path(StrEnum):
    """How media goes. A media relay will be a third way."""

    DIRECT = "direct"
    TURN = "turn"
    MIXED = "mixed"


GUEST = Role.GUARDIAN
#: Who is spoken of by themselves; all others are a guest.
PERSONS = (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST, GUEST)

CAUSES: Mapping[tuple[Cause, Role | None], str] = {
    (Cause.WELL, None): N_("All lines are well"),
    (Cause.NOT_STARTED, None): N_("The visit has not begun"),
    (Cause.CHILD_PAUSED, None): N_("The child has asked for a pause"),
    (Cause.CLASSROOM_AWAY, None): N_("The classroom is not there"),
    (Cause.ADULT_AWAY, None): N_("An adult who is needed is not there"),
    (Cause.NO_SAMPLES, None): N_("Nobody's device has told anything yet"),
    (Cause.CONNECTING, None): N_("The devices are connecting"),
    (Cause.NO_TURN_PATH, None): N_("Two devices find no way to each other, and no relay is set up"),
    (Cause.CUT_OFF, None): N_("Some connections carry nothing"),
    (Cause.CUT_OFF, Role.CLASSROOM): N_("The classroom is cut off"),
    (Cause.CUT_OFF, Role.SOCIAL_WORKER): N_("The social worker is cut off"),
    (Cause.CUT_OFF, Role.PSYCHOLOGIST): N_("The psychologist is cut off"),
    (Cause.CUT_OFF, GUEST): N_("A guest is cut off"),
    (Cause.UPLINK_WEAK, Role.CLASSROOM): N_("The classroom's upload is weak"),
    (Cause.UPLINK_WEAK, Role.SOCIAL_WORKER): N_("The social worker's upload is weak"),
    (Cause.UPLINK_WEAK, Role.PSYCHOLOGIST): N_("The psychologist's upload is weak"),
    (Cause.UPLINK_WEAK, GUEST): N_("A guest's upload is weak"),
    (Cause.DOWNLINK_WEAK, Role.CLASSROOM): N_("The classroom's download is weak"),
    (Cause.DOWNLINK_WEAK, Role.SOCIAL_WORKER): N_("The social worker's download is weak"),
    (Cause.DOWNLINK_WEAK, Role.PSYCHOLOGIST): N_("The psychologist's download is weak"),
    (Cause.DOWNLINK_WEAK, GUEST): N_("A guest's download is weak"),
    (Cause.LINE_WEAK, Role.CLASSROOM): N_("The classroom's line is weak both ways"),
    (Cause.LINE_WEAK, Role.SOCIAL_WORKER): N_("The social worker's line is weak both ways"),
    (Cause.LINE_WEAK, Role.PSYCHOLOGIST): N_("The psychologist's line is weak both ways"),
    (Cause.LINE_WEAK, GUEST): N_("A guest's line is weak both ways"),
    (Cause.LONG_WAY, None): N_("Sound takes long on the way"),
    (Cause.LONG_WAY, Role.CLASSROOM): N_("Sound takes long to and from the classroom"),
    (Cause.LONG_WAY, Role.SOCIAL_WORKER): N_("Sound takes long to and from the social worker"),
    (Cause.LONG_WAY, Role.PSYCHOLOGIST): N_("Sound takes long to and from the psychologist"),
    (Cause.LONG_WAY, GUEST): N_("Sound takes long to and from a guest"),
    (Cause.LEG_WEAK, None): N_("The way between two devices is weak"),
    (Cause.DATA_BUDGET, Role.CLASSROOM): N_("The classroom saves data"),
    (Cause.DATA_BUDGET, Role.SOCIAL_WORKER): N_("The social worker saves data"),
    (Cause.DATA_BUDGET, Role.PSYCHOLOGIST): N_("The psychologist saves data"),
    (Cause.DATA_BUDGET, GUEST): N_("A guest saves data"),
    (Cause.DEVICE_SLOW, Role.CLASSROOM): N_("The classroom's device is slow"),
    (Cause.DEVICE_SLOW, Role.SOCIAL_WORKER): N_("The social worker's device is slow"),
    (Cause.DEVICE_SLOW, Role.PSYCHOLOGIST): N_("The psychologist's device is slow"),
    (Cause.DEVICE_SLOW, GUEST): N_("A guest's device is slow"),
    (Cause.BATTERY_LOW, Role.CLASSROOM): N_("The classroom's battery is low"),
    (Cause.BATTERY_LOW, Role.SOCIAL_WORKER): N_("The social worker's battery is low"),
    (Cause.BATTERY_LOW, Role.PSYCHOLOGIST): N_("The psychologist's battery is low"),
    (Cause.BATTERY_LOW, GUEST): N_("A guest's battery is low"),
    (Cause.HELD, None): N_("The psychologist has chosen it so"),
}
#: What goes through, by the family of the rung.
RUNGS: Mapping[str, str] = {
    "video": N_("Picture and sound"),
    "small-video": N_("Small picture and sound"),
    "stills": N_("Still pictures and sound"),
    "voice": N_("Voice only"),
    "clips": N_("Voice clips"),
    "text": N_("Words and pictures"),
    "phone": N_("Telephone"),
}
#: The same as the second half of a sentence. Picture and sound are as it should be, and need none.
RUNGS_SINCE: Mapping[str, str] = {
    "small-video": N_("small picture since %(time)s"),
    "stills": N_("still pictures since %(time)s"),
    "voice": N_("voice only since %(time)s"),
    "clips": N_("voice clips since %(time)s"),
    "text": N_("words and pictures only since %(time)s"),
    "phone": N_("by telephone since %(time)s"),
}
#: Causes that hold nothing back, or are about people rather than lines: what goes through is beside the point.
NOT_OF_LINES = frozenset(
    {
        Cause.WELL,
        Cause.NOT_STARTED,
        Cause.CHILD_PAUSED,
        Cause.CLASSROOM_AWAY,
        Cause.ADULT_AWAY,
        Cause.NO_SAMPLES,
        Cause.CONNECTING,
    }
)
CAUSE_AND_RUNG = N_("%(cause)s: %(rung)s.")
CAUSE_SINCE = N_("%(cause)s, since %(time)s.")
LEVELS: Mapping[Level, str] = {
    Level.GOOD: N_("Good"),
    Level.FAIR: N_("Fair"),
    Level.POOR: N_("Poor"),
    Level.BAD: N_("Bad"),
    Level.UNKNOWN: N_("Not known"),
}
CONNECTIONS: Mapping[ConnectionState, str] = {
    ConnectionState.NEW: N_("new"),
    ConnectionState.CONNECTING: N_("connecting"),
    ConnectionState.CONNECTED: N_("connected"),
    ConnectionState.DISCONNECTED: N_("interrupted"),
    ConnectionState.FAILED: N_("failed"),
    ConnectionState.CLOSED: N_("closed"),
}
PATHS: Mapping[Path, str] = {
    Path.DIRECT: N_("direct"),
    Path.TURN: N_("through the relay"),
    Path.MIXED: N_("direct and through the relay"),
}


def cause_words(cause: Cause, role: Role | None, translate: Translate) -> str:
    """Return the cause as the first half of a sentence."""
    person = role if role is None or role in PERSONS else GUEST
    return translate(CAUSES[cause, person])


def cause_sentence(
    cause: Cause, role: Role | None, rung: Rung | None, translate: Translate, *, cause_since: str, rung_since: str
) -> str:
    """Return the one sentence: why it is so, what still goes through, and since when. Times are ready to be read."""
    words = cause_words(cause, role, translate)
    half = None if rung is None or cause in NOT_OF_LINES else RUNGS_SINCE.get(rung.family)
    if half is None:
        return translate(CAUSE_SINCE) % {"cause": words, "time": cause_since}
    return translate(CAUSE_AND_RUNG) % {"cause": words, "rung": translate(half) % {"time": rung_since}}


def rung_words(rung: Rung, translate: Translate) -> str:
    """Return what goes through on a rung."""
    return translate(RUNGS[rung.family])
