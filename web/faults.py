"""What is wrong with a field, in words: from the codes of ``InvalidInputError`` to sentences that say what to do."""

from collections.abc import Mapping

from rooms.errors import InvalidInputError
from web.i18n import N_
from web.words import Translate

MISSING = N_("Please fill this in.")
CHOOSE_ONE = N_("Please choose one.")

#: By code alone.
BY_CODE: Mapping[str, str] = {
    "missing": MISSING,
    "too-long": N_("This is too long; please say it in fewer words."),
    "control-characters": N_("There are invisible signs in this text. Please type it instead of copying it."),
    "in-the-future": N_("This day has not come yet."),
    "visits-needed": N_("Without consent to visits there can be no request."),
    "malformed": N_("This is not written as expected."),
    "unknown": N_("This is not known here."),
    "unknown-zone": N_("This time zone is not known. Example: Africa/Casablanca."),
    "not-an-email": N_("This is not an e-mail address."),
    "not-a-phone-number": N_("This is not a phone number. Example: +212 539 000 000."),
    "out-of-range": N_("A visit lasts from 15 minutes to 2 hours."),
    "not-a-wall-time": N_("Please give a day and a time."),
    "past": N_("This time is over."),
    "too-far": N_("This is more than a year away."),
    "skipped-hour": N_("Clocks skip this hour on that day; please choose another."),
}

#: Where a field needs other words than its code has.
BY_FIELD: Mapping[tuple[str, str], str] = {
    ("pseudonym", "missing"): N_("Please give a name to call the child by."),
    ("languages", "missing"): N_("Please tick at least one language."),
    ("age_band", "missing"): CHOOSE_ONE,
    ("need", "missing"): CHOOSE_ONE,
    ("urgency", "missing"): CHOOSE_ONE,
    ("relation", "missing"): CHOOSE_ONE,
    ("school_id", "missing"): N_("Please choose the school."),
    ("school_id", "unknown"): N_("Please choose the school."),
    ("given_on", "missing"): N_("Please give the day on which the guardian consented."),
    ("consent_language", "missing"): N_("Please choose the language in which the text was read."),
    ("scope", "visits-needed"): N_("Without consent to visits there can be no request."),
    ("wall_start", "missing"): N_("Please give a day and a time."),
    ("role", "missing"): CHOOSE_ONE,
    ("reason", "missing"): N_("Please choose why the support ends."),
    ("addressee", "missing"): CHOOSE_ONE,
    ("composition", "missing"): CHOOSE_ONE,
    ("message", "missing"): N_("There is no message yet."),
    ("note", "missing"): N_("There is no note yet."),
    ("recommendation", "missing"): N_("There is no advice yet."),
    ("supervisor", "unknown"): N_("Please choose somebody from the list."),
    ("supervisor", "alone"): N_("The child and you are alone in this visit; nobody else can be asked."),
    ("supervisor", "seat-taken"): N_("Somebody has been asked into this visit already."),
    ("email", "in-use"): N_("Somebody signs in with this address already."),
    ("help_contacts", "not-a-phone-number"): N_("One of these is not a phone number. One number a line, please."),
    ("help_contacts", "too-many"): N_("Five numbers at most, please."),
}
OTHER_FAULT = N_("Please look at this again.")


def fault_words(field: str, code: str, translate: Translate) -> str:
    """Return the sentence for a field's fault in the reader's language."""
    return translate(BY_FIELD.get((field, code)) or BY_CODE.get(code) or OTHER_FAULT)


def missing(**values: object) -> dict[str, str]:
    """Return the code ``missing`` for each field whose value is None."""
    return {field: "missing" for field, value in values.items() if value is None}


def faults_in_words(
    codes: Mapping[str, str] | InvalidInputError,
    translate: Translate,
    *,
    field_of: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return each field with its fault in words. ``field_of`` maps the domain's name of a field to the page's."""
    faults = codes.fields if isinstance(codes, InvalidInputError) else codes
    names = field_of or {}
    return {
        names.get(field, field): fault_words(names.get(field, field), code, translate) for field, code in faults.items()
    }
