"""The fields of people and schools as they are typed: tidied, or refused with the code of the fault. Pure."""

import re
import zoneinfo

import phonenumbers

from rooms.referrals.texts import fault_of, tidy

NAME_LIMIT = 80
SCHOOL_NAME_LIMIT = 120
#: RFC 5321 section 4.5.3.1.3.
EMAIL_LIMIT = 254
MOST_HELP_CONTACTS = 5
#: One @, no space, control or lone surrogate, a dot in the domain. Whether it is somebody's, only a message can tell.
EMAIL_PATTERN = re.compile(
    r"[^@\s\x00-\x1f\ud800-\udfff]+@[^@\s\x00-\x1f\ud800-\udfff]+\.[^@\s.\x00-\x1f\ud800-\udfff]+\Z"
)
#: Help lines of a country have short numbers, which no international form can hold.
SHORT_NUMBER_PATTERN = re.compile(r"[0-9]{2,6}\Z")
#: Numbers that are typed without a country code are read as Moroccan.
HOME_REGION = "MA"


class FieldFaults(dict[str, str]):
    """Collects the fault of each field, so that a form can show them all at once."""

    def text(self, field: str, value: str, limit: int) -> str:
        """Return the tidied text of a required field."""
        tidied = tidy(value)
        fault = fault_of(tidied, limit, required=True)
        if fault is not None:
            self[field] = fault
        return tidied

    def email(self, field: str, value: str) -> str:
        """Return an address in the one form in which it is looked up."""
        address = tidy(value).casefold()
        if len(address) > EMAIL_LIMIT or not EMAIL_PATTERN.match(address):
            self[field] = "not-an-email"
        return address

    def zone(self, field: str, value: str) -> str:
        """Return the name of a known time zone."""
        if value not in zoneinfo.available_timezones():
            self[field] = "unknown-zone"
        return value

    def phone(self, field: str, value: str) -> str:
        """Return a number in international form (E.164), or a short number as it is."""
        digits = re.sub(r"[\s().-]", "", value)
        if SHORT_NUMBER_PATTERN.match(digits):
            return digits
        try:
            number = phonenumbers.parse(value, HOME_REGION)
        except phonenumbers.NumberParseException:
            self[field] = "not-a-phone-number"
            return value
        if not phonenumbers.is_valid_number(number):
            self[field] = "not-a-phone-number"
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
