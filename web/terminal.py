"""What the commands say to people: plain lines on standard error, results on standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

EXIT_REFUSED = 2


def tell(line: str) -> None:
    """Say one line to whoever started the command."""
    click.echo(line, err=True)


def refuse(faults: Iterable[str]) -> NoReturn:
    """Say every reason for which the command can not run, one line each, and end with status 2."""
    for fault in faults:
        click.echo(f"wasl: {fault}", err=True)
    sys.exit(EXIT_REFUSED)
