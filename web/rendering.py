"""Pages from templates: Jinja2 with autoescape, one environment for each language, one dataclass for each context.

A template sees the fields of its context and these globals: ``lang``, ``dir``, ``languages``, ``nonce``, ``account``
(the signed-in account or None), ``path``, ``demo``, ``asset(path)``, ``inline(path)``, ``import_map()``,
``svg_qr(text)``.
"""

from __future__ import annotations

import dataclasses
import gzip
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import brotli
import jinja2
from aiohttp import web
from markupsafe import Markup

from web import dates, keys
from web.i18n import LANGUAGES, direction
from web.qr import svg_qr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import DataclassInstance
    from babel.support import NullTranslations

    from web.assets import Assets

TEMPLATE_FOLDER = Path(__file__).parent / "templates"
#: Answers shorter than this are sent as they are; a compressed packet would not be fewer packets.
COMPRESS_FROM_BYTES = 1024
#: Made for every answer, because of the nonce; 5 costs about a millisecond for a page and gets within 5 % of 11.
BROTLI_QUALITY = 5


@dataclasses.dataclass(frozen=True, slots=True)
class NoContext:
    """The context of a template that needs nothing of its own."""


class SharedBytecode(jinja2.BytecodeCache):
    """Keeps compiled templates in memory: a template is the same code in all four languages, and is compiled once."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Fill the bucket from memory where it is known and its source has not changed."""
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Remember what was compiled."""
        self._compiled[bucket.key] = bucket.bytecode_to_string()


BYTECODE = SharedBytecode()


def make_environments(
    catalogues: Mapping[str, NullTranslations],
    assets: Assets,
) -> Mapping[str, jinja2.Environment]:
    """Return one environment for each language; templates are compiled at first use and then kept."""
    return {language: _environment(language, catalogues[language], assets) for language in LANGUAGES}


def _environment(language: str, translations: NullTranslations, assets: Assets) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=BYTECODE,
    )
    # Arabic letters as they are: escaped, they weigh a kilobyte more in the call page, compressed.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {
        "lang": language,
        "dir": direction(language),
        "languages": tuple(LANGUAGES.items()),
        "asset": assets.url,
        "inline": lambda path: Markup(assets.text(path)),  # noqa: S704 (our own static files)
        "import_map": lambda: Markup(assets.import_map()),  # noqa: S704 (made of our own file names)
        "svg_qr": svg_qr,
    }
    environment.filters |= {
        "wall": partial(dates.wall, language=language),
        "day": partial(dates.day, language=language),
        "clock": partial(dates.clock, language=language),
    }
    return environment


def render(
    request: web.Request,
    template: str,
    context: DataclassInstance | None = None,
    *,
    status: int = 200,
) -> web.Response:
    """Answer with a page. ``context`` is a frozen dataclass whose fields the template sees by name.

    The page is compressed here (brotli, else gzip, as the browser accepts) and is never stored by a cache unless the
    handler says otherwise afterwards.
    """
    response = web.Response(text=to_html(request, template, context), status=status, content_type="text/html")
    compress(request, response)
    return response


def to_html(request: web.Request, template: str, context: DataclassInstance | None = None) -> str:
    """Return the page as text. Raises ``jinja2.TemplateError`` for a fault in the template."""
    fields = {} if context is None else {f.name: getattr(context, f.name) for f in dataclasses.fields(context)}
    page = request.app[keys.TEMPLATES][request[keys.LANGUAGE]].get_template(template)
    return page.render(
        nonce=request[keys.NONCE],
        account=request.get(keys.ACCOUNT),
        path=request.path,
        demo=request.app[keys.SETTINGS].demo,
        **fields,
    )


def compress(request: web.Request, response: web.Response) -> None:
    """Compress the body in the best way that the request accepts."""
    body = response.body
    if not isinstance(body, bytes) or len(body) < COMPRESS_FROM_BYTES:
        return
    response.headers["Vary"] = "Accept-Encoding"
    encoding = accepted_encoding(request)
    if encoding == "br":
        response.body = brotli.compress(body, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY)
    elif encoding == "gzip":
        response.body = gzip.compress(body, compresslevel=6, mtime=0)
    else:
        return
    response.headers["Content-Encoding"] = encoding


def accepted_encoding(request: web.Request) -> str | None:
    """Return ``br``, ``gzip`` or None, whichever is the best that ``Accept-Encoding`` allows (RFC 9110, 12.5.3)."""
    allowed: set[str] = set()
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, parameter = part.strip().partition(";")
        if parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            allowed.add(name.strip())
    return next((encoding for encoding in ("br", "gzip") if encoding in allowed), None)
