"""``wasl doctor``: looks at everything the server depends on. Each finding that is not well says what to do."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec
from sqlalchemy.exc import SQLAlchemyError

from rooms import migrations
from rooms.clock import tzdata_version, use_packaged_zones
from web.i18n import LANGUAGES
from web.key_files import has_keys, load_keys
from web.opening import current_revision, is_embedded
from web.refusals import refusals, zone_fault
from web.settings import Settings, SettingsError, is_open_to_others, load_settings, turn_settings
from web.translation_check import faults as translation_faults
from web.turn_probe import NoAllocationError, probe, udp_address

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON_RANGE = ((3, 11), (3, 13))
LEAST_FREE_BYTES = 500 * 1024 * 1024
#: RETURNING and upserts, which the services use.
OLDEST_SQLITE = (3, 35)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``advice`` is empty where all is well."""

    check: str
    ok: bool
    found: str
    advice: str = ""


def examine(options: dict[str, object], *, as_json: bool) -> int:
    """Look at everything, print the findings, return the exit status: 1 when something is not well."""
    use_packaged_zones()
    findings = list(findings_of(options))
    if as_json:
        click.echo(msgspec.json.encode(findings))
    else:
        for finding in findings:
            mark = click.style("ok  ", fg="green") if finding.ok else click.style("FAIL", fg="red")
            click.echo(
                f"{mark}  {finding.check:<14}{finding.found}" + (f"; {finding.advice}" if finding.advice else "")
            )
    return 0 if all(finding.ok for finding in findings) else 1


def findings_of(options: dict[str, object]) -> Iterator[Finding]:
    """Yield every finding; without usable settings, what can be seen without them."""
    yield _python()
    yield _zones()
    yield _translations()
    try:
        settings = load_settings(options)
    except SettingsError as error:
        yield from (Finding("settings", False, fault) for fault in error.faults)
        return
    faults = [fault for fault in refusals(settings) if fault != zone_fault()]
    yield from (Finding("settings", False, fault) for fault in faults)
    if not faults:
        yield Finding("settings", True, f"serves {settings.url} from {settings.host}:{settings.port}")
    for look in (_data_folder, _keys, _database, _relay):
        yield from look(settings)


def _python() -> Finding:
    version = sys.version_info[:2]
    ok = PYTHON_RANGE[0] <= version <= PYTHON_RANGE[1] and sqlite3.sqlite_version_info[:2] >= OLDEST_SQLITE
    found = f"{sys.version.split()[0]} with SQLite {sqlite3.sqlite_version}"
    return Finding("python", ok, found, "" if ok else "use Python 3.11, 3.12 or 3.13 with SQLite 3.35 or newer")


def _zones() -> Finding:
    fault = zone_fault()
    return Finding("time zones", fault is None, fault or f"tzdata {tzdata_version()}; Casablanca stays on UTC+0")


def _translations() -> Finding:
    incomplete = [language for language in LANGUAGES if any(translation_faults(language))]
    if incomplete:
        return Finding("translations", False, f"not complete in {', '.join(incomplete)}", "run: wasl i18n check")
    return Finding("translations", True, f"complete in {', '.join(LANGUAGES)}")


def _data_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    if not folder.exists():
        yield Finding("data folder", True, f"{folder} will be made at the first start")
        return
    if is_open_to_others(folder):
        yield Finding("data folder", False, f"others can look into {folder}", f"run: chmod 700 {folder}")
    free = shutil.disk_usage(folder).free
    ok = free >= LEAST_FREE_BYTES
    advice = "" if ok else "make room, or move the folder"
    yield Finding("disk", ok, f"{free // 1024**2} MiB free in {folder.absolute()}", advice)


def _keys(settings: Settings) -> Iterator[Finding]:
    if not has_keys(settings.keys_folder):
        yield Finding("keys", True, "none yet; made at the first start")
        return
    try:
        keys = load_keys(settings.keys_folder)
    except SettingsError as error:
        yield from (Finding("keys", False, fault) for fault in error.faults)
        return
    yield Finding(
        "keys", True, f"{len(keys.master)} master and {len(keys.ticket)} ticket keys, mode and strength are right"
    )


def _database(settings: Settings) -> Iterator[Finding]:
    kind = "SQLite" if is_embedded(settings) else "PostgreSQL"
    try:
        found = current_revision(settings)
        wanted = migrations.head_revision()
    except (SettingsError, SQLAlchemyError) as error:
        yield Finding("database", False, str(error) if isinstance(error, SettingsError) else type(error).__name__)
        return
    if found == wanted:
        yield Finding("database", True, f"{kind} at {found}")
    elif is_embedded(settings):
        yield Finding(
            "database", True, f"{kind} {'at ' + found if found else 'empty'}; migrated to {wanted} at the start"
        )
    else:
        yield Finding("database", False, f"{kind} is at {found or 'nothing'}, not {wanted}", "run: wasl migrate")


def _relay(settings: Settings) -> Iterator[Finding]:
    turn = turn_settings(settings)
    if turn is None:
        yield Finding("relay", True, "none set; browsers in one network meet directly, others may not meet at all")
        return
    for url in turn.tls_by_address():
        yield Finding(
            "relay by name", False, f"{url} gives an address: Firefox passes it over", "give the relay a name"
        )
    for url in turn.urls:
        address = udp_address(url)
        if address is None:
            yield Finding("relay", True, f"{url} is not asked: only UDP is tried from here")
            continue
        try:
            probe(turn, address, datetime.now(UTC))
        except NoAllocationError as error:
            yield Finding("relay", False, f"{url}: {error}", "compare turn_secret with the relay's static-auth-secret")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            yield Finding("relay", False, f"{url} does not answer ({reason})", "start coturn, or open its port")
        else:
            yield Finding("relay", True, f"{url} gave an allocation")
