"""The call page: the same for everybody, so it is made once for each language and compressed as hard as can be.

What stands inline in it is allowed by its hash (CSP level 3, section 2.3.1), which is known ahead; a nonce would make
every answer another one.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from web.assets import Asset, encoded
from web.js_strings import call_strings

if TYPE_CHECKING:
    import jinja2
    from babel.support import NullTranslations

TEMPLATE = "join/call.html"
_SCRIPT = re.compile(r'<script(?: type="importmap")?>(.*?)</script>', re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CallPage:
    """The page in one language, in every form in which it is sent, and the hashes of what is inline, for its policy."""

    asset: Asset
    scripts: str
    styles: str


@cache
def make_call_page(environment: jinja2.Environment, translations: NullTranslations) -> CallPage:
    """Make the page in the language of an environment and its catalogue, once for a process."""
    page = environment.get_template(TEMPLATE).render(strings=call_strings(translations.ugettext))
    body = page.encode()
    return CallPage(
        Asset("", "text/html; charset=utf-8", body, encoded(body)),
        " ".join(_hash(found) for found in _SCRIPT.findall(page)),
        " ".join(_hash(found) for found in _STYLE.findall(page)),
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
