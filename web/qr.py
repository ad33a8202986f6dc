"""QR codes of links, as inline SVG and for a terminal."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup


def svg_qr(text: str, size: int = 5) -> Markup:
    """Return the QR code of ``text`` as an inline SVG, black on what is behind it. ``size`` is a module's side in px.

    Error correction is at least M, because cards are photocopied.
    """
    drawn = segno.make_qr(text, error="m").svg_inline(scale=size, border=4, omitsize=True, dark="#000", light=None)
    return Markup(drawn)  # noqa: S704 (drawn by segno from modules; the text itself is not in it)


def terminal_qr(text: str) -> str:
    """Return the QR code of ``text`` in half-block characters for a dark or light terminal."""
    drawn = io.StringIO()
    segno.make_qr(text, error="l").terminal(drawn, compact=True, border=2)
    return drawn.getvalue()
