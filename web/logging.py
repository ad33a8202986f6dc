"""The log: structured lines with a fixed list of fields, and no personal data in them.

Three nets hold names, addresses and secrets back: fields that are not on the list are left out; texts that look like
a secret, a mail address or a network address are blacked out; an exception is told as its type and its places in the
code, never with its message, which may quote what somebody typed. Other libraries' lines are told as their template.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from structlog.typing import EventDict, WrappedLogger

#: Every field that a line may have. Ids are opaque; routes are patterns; codes and counts say nothing of a person.
FIELDS = frozenset({
    "event", "level", "timestamp", "logger", "request_id", "method", "route", "status", "ms", "code", "outcome",
    "reason", "error", "places", "machine", "subject", "old", "new", "visit", "room", "peer", "participant",
    "account", "referral", "role", "state", "kind", "type", "channel", "job", "count", "completed", "missed",
    "expired", "moved", "erased", "version", "port", "mode", "database", "zones", "seq", "close_code", "phase",
    "direction", "bytes", "limit", "seconds", "rung", "path", "leg", "closing", "dropped", "queued", "rule",
    "table", "column", "deleted", "key",
})  # fmt: skip
BLACKED_OUT = "▮"
SUSPECT = re.compile(
    r"""
    [\w.+-]+@[\w-]+\.[\w.]+                      # a mail address
    | \b\d{1,3}(?:\.\d{1,3}){3}\b                # an IPv4 address
    | (?<![\w:])(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{1,4}  # an IPv6 address
    | \#[A-Za-z0-9_-]{16,}                       # the fragment of a link
    | \beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+       # a ticket
    | (?<![\w-])[A-Za-z0-9_-]{40,}(?![\w-])      # a secret of 240 bits or more; our ids are shorter
    """,
    re.VERBOSE,
)
FIELD_MAX_CHARS = 1000
PLACES_MAX = 12


def keep_known_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Leave out every field that is not on the list."""
    return {name: value for name, value in event.items() if name in FIELDS or name.startswith("_")}


def tell_exceptions_without_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace exception information by the type's name and the places in the code, the innermost last."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["places"] = _places(error.__traceback__)
    return event


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-PLACES_MAX:]
    return [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames]


def black_out(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Black out whatever looks like a secret or an address, in every text of the line."""
    return {name: _cleaned(value) if not name.startswith("_") else value for name, value in event.items()}


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return SUSPECT.sub(BLACKED_OUT, value[:FIELD_MAX_CHARS])
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(item) for item in value]
    return value if isinstance(value, int | float | bool | None) else _cleaned(str(value))


def tell_template_alone(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Tell a line of another library by its template, without what it would fill in."""
    record: logging.LogRecord | None = event.get("_record")
    if record is not None and event.get("_from_structlog") is False:
        event["event"] = str(record.msg)
    return event


def set_up_logging(level: str, form: str) -> None:
    """Send all lines to standard error: for people in a terminal, as JSON elsewhere. Call before anything runs."""
    for_people = form == "console" or (form == "auto" and sys.stderr.isatty())
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            tell_template_alone,
            tell_exceptions_without_words,
            keep_known_fields,
            black_out,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Chatty at info, and of no use to whoever runs the server.
    for name in ("alembic", "aiosqlite", "sqlalchemy", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # Addresses, queries and Referer: never, whoever may switch it on. Our own line is in web/middlewares.py.
    logging.getLogger("aiohttp.access").disabled = True
