"""Where a referral stands, in one plain line, and the reader's next step. Pure but for the words."""

from rooms.referrals.states import ENDED, ReferralState
from rooms.referrals.views import MyReferral
from web.i18n import N_
from web.referrals.contexts import NextStep
from web.words import Translate

STATUS_FOR_WORKER = {
    ReferralState.FILED: N_("Sent. Psychologists see it now; one of them will take it and write to you."),
    ReferralState.TAKEN: N_("A psychologist has taken it. Agree on the first visit."),
    ReferralState.IN_SUPPORT: N_("Visits are under way."),
    ReferralState.CLOSED: N_("Support has come to its end."),
    ReferralState.WITHDRAWN: N_("The guardian took the consent back; support has stopped."),
}
STATUS_FOR_PSYCHOLOGIST = {
    ReferralState.FILED: N_("Open to all psychologists."),
    ReferralState.TAKEN: N_("Yours. You have not met the child yet."),
    ReferralState.IN_SUPPORT: N_("Yours. You have met the child."),
    ReferralState.CLOSED: N_("Support has come to its end."),
    ReferralState.WITHDRAWN: N_("The guardian took the consent back; support has stopped."),
}
ANSWER = N_("Answer the message.")


def status_line(state: ReferralState, translate: Translate, *, for_psychologist: bool) -> str:
    """Return where a referral stands, for one of its two professionals."""
    return translate((STATUS_FOR_PSYCHOLOGIST if for_psychologist else STATUS_FOR_WORKER)[state])


def step_needed(referral: MyReferral, *, has_visit: bool) -> str | None:
    """Return the msgid of what a psychologist's referral waits for, or None when it waits for nothing."""
    if referral.state in ENDED:
        return None
    if referral.unanswered:
        return ANSWER
    if has_visit:
        return None
    if referral.state is ReferralState.TAKEN:
        return N_("Write to the social worker and book the first visit.")
    return N_("Book the next visit, or end the support.")


def next_step(
    state: ReferralState,
    translate: Translate,
    *,
    for_psychologist: bool,
    unanswered: bool,
    next_visit: str | None,
) -> NextStep | None:
    """Return the reader's next step. ``next_visit`` is the id of the next visit that may take place."""
    if state in ENDED:
        return None
    if unanswered:
        return NextStep(translate(ANSWER), "#messages")
    if next_visit is not None:
        return NextStep(translate(N_("Prepare the visit, and print the child's card.")), f"/visits/{next_visit}")
    if for_psychologist:
        return NextStep(translate(N_("Agree on a time with the social worker, then book the visit.")), "#visits")
    if state is ReferralState.FILED:
        return NextStep(translate(N_("Nothing for now. You see here when a psychologist has taken it.")))
    return NextStep(translate(N_("Write to the psychologist which days and hours suit the child.")), "#messages")
