"""Message catalogues: gettext files read and compiled in memory with Babel, one for each language.

A handler asks :func:`gettext_of` for the request's translator. :func:`N_` marks a sentence that is translated later,
where the language is known.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from web import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web
    from babel.messages.catalog import Catalog

LOCALE_FOLDER = Path(__file__).parent / "locale"
#: The languages of the pages with their own names, in the order in which they are offered.
LANGUAGES: Mapping[str, str] = {"ar": "العربية", "zgh": "ⵜⴰⵎⴰⵣⵉⵖⵜ", "fr": "Français", "en": "English"}
#: The language of the msgids; its catalogue may repeat them.
SOURCE_LANGUAGE = "en"
DEFAULT_LANGUAGE = "ar"
RIGHT_TO_LEFT = frozenset({"ar"})


def N_(sentence: str) -> str:  # noqa: N802 (the name that gettext tools look for)
    """Mark ``sentence`` for translation and return it unchanged."""
    return sentence


def direction(language: str) -> str:
    """Return the ``dir`` of a language: ``rtl`` or ``ltr``."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def catalogue_path(language: str) -> Path:
    """Return where the catalogue of a language is kept."""
    return LOCALE_FOLDER / language / "LC_MESSAGES" / "messages.po"


def read_catalogue(language: str) -> Catalog | None:
    """Read the catalogue of a language as its translators wrote it, or None when there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return None
    with path.open("rb") as source:
        return read_po(source, locale=language)


@cache
def load_catalogues() -> Mapping[str, NullTranslations]:
    """Compile all catalogues in memory. A language without one speaks the msgids, which are English sentences."""
    return {language: _compile(read_catalogue(language)) for language in LANGUAGES}


def _compile(catalogue: Catalog | None) -> NullTranslations:
    if catalogue is None:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def gettext_of(request: web.Request) -> Callable[[str], str]:
    """Return the function that translates a msgid into the language of the request."""
    return translations_of(request).ugettext


def translations_of(request: web.Request) -> NullTranslations:
    """Return the catalogue of the request's language."""
    return request.app[keys.CATALOGUES][request[keys.LANGUAGE]]
