"""What an account is for, and the languages of the pages it reads."""

from enum import StrEnum


class AccountRole(StrEnum):
    """The one job of an account. Children and guardians have no account."""

    SOCIAL_WORKER = "social_worker"
    PSYCHOLOGIST = "psychologist"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class PageLanguage(StrEnum):
    """A language that the pages are written in (not the languages that a child speaks)."""

    ARABIC = "ar"
    FRENCH = "fr"
    AMAZIGH = "zgh"
    ENGLISH = "en"
