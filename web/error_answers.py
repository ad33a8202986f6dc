"""What each error says to people: a status, what is the matter, and what to do. ``web/errors.py`` puts it to use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from web.i18n import N_

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """How one error is told. ``title`` says what is the matter, ``advice`` what to do; both are msgids."""

    status: int
    title: str
    advice: str


TRY_AGAIN = N_("Wait a moment and try again. If it goes on, tell the person who runs this server.")
ASK_FOR_LINK = N_("Ask the social worker or the psychologist for a new link or a new code.")

ANSWERS: Mapping[str, Answer] = {
    "room-error": Answer(400, N_("This can not be done."), N_("Go back and look at the page again.")),
    "not-found": Answer(
        404,
        N_("There is nothing here."),
        N_("Check the address, or go back to the first page and start from there."),
    ),
    "not-allowed": Answer(
        403,
        N_("This page is not for your account."),
        N_("Sign in with another account, or ask your coordinator."),
    ),
    "wrong-state": Answer(
        409,
        N_("This has changed in the meantime."),
        N_("Open the page again to see how it stands now."),
    ),
    "invalid-input": Answer(422, N_("Something in the form is not right."), N_("Look at the marked fields.")),
    "sign-in-needed": Answer(401, N_("Please sign in first."), N_("Sign in, and this page opens.")),
    "sign-in-refused": Answer(
        401,
        N_("E-mail and password do not match."),
        N_("Type them again. If you forgot them, ask your administrator."),
    ),
    "visit-not-open-yet": Answer(
        409,
        N_("The visit has not opened yet."),
        N_("Keep this page. It opens by itself when it is time."),
    ),
    "visit-over": Answer(410, N_("This visit is over."), N_("Ask the social worker when the next one is.")),
    "invitation-not-valid": Answer(404, N_("This link does not work, or no longer works."), ASK_FOR_LINK),
    "seats-not-together": Answer(
        409,
        N_("This device already holds another person's place in this visit. Open this link on another device."),
        N_("The social worker can also sit down at the child's device."),
    ),
    "welcome-not-valid": Answer(
        404, N_("This link does not work, or no longer works."), N_("Ask your administrator for a new one.")
    ),
    "last-admin": Answer(
        409, N_("This is the only administrator."), N_("Add another one first; then this account can be closed.")
    ),
    "caseload-full": Answer(
        409,
        N_("You care for as many children as is fair."),
        N_("Leave this one to a colleague, or close a path first."),
    ),
    "referral-taken": Answer(
        409, N_("A colleague has just taken this one."), N_("Go back to the list of open requests.")
    ),
    "consent-missing": Answer(
        409, N_("The guardian's consent does not cover this."), N_("Ask the social worker to speak with the guardian.")
    ),
    "overlap": Answer(409, N_("You have another visit at that time."), N_("Choose another time.")),
    "safety-plan-missing": Answer(
        409,
        N_("The school has no telephone number, or nobody near the child is named."),
        N_("Ask an administrator to complete the school. Then the visit can open."),
    ),
    "code-not-valid": Answer(
        404,
        N_("This code does not open anything now."),
        N_("Look at the digits again. A code works around the time of its visit only."),
    ),
    "claim-not-waiting": Answer(409, N_("This has been decided already."), N_("Look at who is in the room now.")),
    "seat-removed": Answer(
        403, N_("This place in the visit has been taken away."), N_("Speak with the social worker.")
    ),
    "seat-in-use": Answer(409, N_("The visit is open in another window."), N_("Close that window, or open it here.")),
    "ticket-not-valid": Answer(403, N_("The way in has expired."), N_("Press the door again.")),
    "room-closed": Answer(410, N_("This visit is over."), N_("Ask the social worker when the next one is.")),
    "erased": Answer(410, N_("This was erased for good."), N_("Nothing of it is kept. Go back to your desk.")),
    "vault-unreadable": Answer(500, N_("Something went wrong on our side."), TRY_AGAIN),
    "weak-key": Answer(500, N_("Something went wrong on our side."), TRY_AGAIN),
    "store-busy": Answer(503, N_("The server is very busy."), TRY_AGAIN),
    "malformed-request": Answer(
        400, N_("The request could not be read."), N_("Open the page again and try once more.")
    ),
    "too-large": Answer(413, N_("This is too long."), N_("Send less at once.")),
    "too-many-tries": Answer(429, N_("Too many tries."), N_("Wait a few minutes, then try again.")),
    "foreign-origin": Answer(
        403,
        N_("This request came from another site."),
        N_("Open the page from its own address and try again."),
    ),
    "wrong-method": Answer(405, N_("This can not be done here."), N_("Go back and use the buttons of the page.")),
    "not-ready": Answer(503, N_("The server is not ready."), TRY_AGAIN),
    "server-fault": Answer(500, N_("Something went wrong on our side."), TRY_AGAIN),
}

#: HTTP errors that aiohttp itself raises, told in our own words.
CODE_OF_STATUS: Mapping[int, str] = {
    400: "malformed-request",
    401: "sign-in-needed",
    403: "not-allowed",
    404: "not-found",
    405: "wrong-method",
    413: "too-large",
    429: "too-many-tries",
    503: "not-ready",
}
