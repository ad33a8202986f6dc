"""Keeps catalogues and sources together: extracts the sentences, finds what lacks a translation, updates the files."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from web.i18n import LANGUAGES, SOURCE_LANGUAGE, catalogue_path, read_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Message

SOURCES = Path(__file__).parent
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"**/templates/**.html": {"extensions": "jinja2.ext.do", "silent": "false", "trimmed": "false"}}
LINE_WIDTH = 120
#: Headers that name people and dates: the history of the file tells those, and does not go stale.
GOING_STALE = (
    b'"Project-Id-Version:',
    b'"Report-Msgid-Bugs-To:',
    b'"POT-Creation-Date:',
    b'"PO-Revision-Date:',
    b'"Last-Translator:',
    b'"Language-Team:',
    b'"Generated-By:',
)
TO_BE_REVIEWED = "To be reviewed by a native speaker."
#: What every catalogue says of itself in its first line.
STATUS = {"ar": TO_BE_REVIEWED, "fr": TO_BE_REVIEWED, "zgh": TO_BE_REVIEWED, "en": "The source text."}


@cache
def sentences() -> Catalog:
    """Return every sentence of templates and code as a template catalogue."""
    catalogue = Catalog(project="Wasl", charset="utf-8")
    # Without a filter, folders that begin with an underscore are passed over, and _partials holds sentences too.
    found = extract_from_dir(SOURCES, METHODS, OPTIONS, directory_filter=lambda _: True)
    for path, line, message, comments, context in found:
        catalogue.add(message, None, [(f"web/{path}", line)], auto_comments=comments, context=context)
    return catalogue


def faults(language: str) -> Iterator[str]:
    """Yield what is wrong with the catalogue of a language: nothing there, missing, unsure, of no use any more."""
    catalogue = read_catalogue(language)
    if catalogue is None:
        yield f"{language}: no catalogue at {catalogue_path(language)}; run: wasl i18n update"
        return
    wanted = {message.id for message in sentences() if message.id}
    for message in catalogue:
        if not message.id:
            continue
        if message.id not in wanted:
            yield f"{language}: of no use any more: {_shown(message)}"
        elif message.fuzzy:
            yield f"{language}: marked as unsure: {_shown(message)}"
        elif language != SOURCE_LANGUAGE and not _is_translated(message):
            yield f"{language}: not translated: {_shown(message)}"
        for error in message.check(catalogue):
            yield f"{language}: {error}: {_shown(message)}"
    known = {message.id for message in catalogue}
    yield from (f"{language}: missing: {_first(identity)}" for identity in wanted if identity not in known)


def _is_translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def _shown(message: Message) -> str:
    return _first(message.id)


def _first(identity: str | tuple[str, ...] | list[str]) -> str:
    return repr(identity if isinstance(identity, str) else identity[0])


def check_catalogues() -> int:
    """Print every fault; return the exit status."""
    found = [fault for language in LANGUAGES for fault in faults(language)]
    for fault in found:
        click.echo(fault)
    return 1 if found else 0


def update_catalogues() -> None:
    """Bring all catalogues up to the sources: new sentences are added untranslated, unused ones are dropped."""
    template = sentences()
    for language in LANGUAGES:
        catalogue = read_catalogue(language) or Catalog(locale=language, project="Wasl", charset="utf-8")
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.header_comment = f"# Wasl, catalogue {language}. {STATUS[language]}"
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        written = io.BytesIO()
        write_po(written, catalogue, width=LINE_WIDTH, sort_output=True, include_lineno=False)
        path.write_bytes(
            b"".join(line for line in written.getvalue().splitlines(True) if not line.startswith(GOING_STALE))
        )
        click.echo(f"{language}: {len(catalogue)} sentences")
