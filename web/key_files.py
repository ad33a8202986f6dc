"""The secret keys of an installation as files: one key in each, base64, mode 0600, in a folder of mode 0700.

``master-<version>.key`` and ``ticket-<number>.key`` may be several: the highest number is the current one, the others
only open or verify what is older. ``lookup.key`` and ``invitation.key`` are one each.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import stat
from typing import TYPE_CHECKING

from rooms.keys import KEY_BYTES, Keys, WeakKeyError
from web.settings import SettingsError, is_open_to_others

if TYPE_CHECKING:
    from pathlib import Path

NUMBERED = re.compile(r"(?P<kind>master|ticket)-(?P<number>[1-9][0-9]{0,5})\.key\Z")
SINGLE = ("lookup", "invitation")
PRIVATE_FOLDER = stat.S_IRWXU
PRIVATE_FILE = stat.S_IRUSR | stat.S_IWUSR


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner can enter, and its parents as they come."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    folder.chmod(PRIVATE_FOLDER)


def has_keys(folder: Path) -> bool:
    """Say whether any key has been made in a folder."""
    return any(folder.glob("*.key"))


def make_keys(folder: Path) -> None:
    """Make a full set of new random keys. The caller has seen that there are none."""
    make_private_folder(folder)
    for name in ("master-1", "ticket-1", *SINGLE):
        write_private(folder / f"{name}.key", _new_key())


def add_keys(folder: Path) -> tuple[int, int]:
    """Make the next master key and the next ticket key; return their numbers. The older ones stay beside them."""
    master, ticket = _next_number(folder, "master"), _next_number(folder, "ticket")
    write_private(folder / f"master-{master}.key", _new_key())
    write_private(folder / f"ticket-{ticket}.key", _new_key())
    return master, ticket


def load_keys(folder: Path) -> Keys:
    """Read all keys. Raises :class:`SettingsError` with one line for each that is missing, weak or open to others."""
    faults: list[str] = []
    master: dict[int, bytes] = {}
    ticket: dict[int, bytes] = {}
    for path in sorted(folder.glob("*.key")):
        match = NUMBERED.match(path.name)
        key = _read_key(path, faults)
        if match and key is not None:
            {"master": master, "ticket": ticket}[match["kind"]][int(match["number"])] = key
    single = {name: _read_key(folder / f"{name}.key", faults) for name in SINGLE}
    if not master or not ticket:
        faults.append(f"no master or ticket key in {folder}; restore the folder from your backup")
    if faults:
        raise SettingsError(faults)
    try:
        return Keys(
            master=master,
            ticket={str(number): key for number, key in ticket.items()},
            ticket_current=str(max(ticket)),
            lookup=single["lookup"] or b"",
            invitation=single["invitation"] or b"",
        )
    except WeakKeyError as error:
        line = f"the key {error.facts['key']} in {folder} is weak or used twice; put back the one that the server made"
        raise SettingsError([line]) from None


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read. Raises ``FileExistsError`` rather than overwrite."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="ascii") as target:
        target.write(text + "\n")


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _next_number(folder: Path, kind: str) -> int:
    matches = [NUMBERED.match(path.name) for path in folder.glob(f"{kind}-*.key")]
    return 1 + max((int(match["number"]) for match in matches if match), default=0)


def _read_key(path: Path, faults: list[str]) -> bytes | None:
    try:
        if is_open_to_others(path):
            faults.append(f"others can read the key {path}; run: chmod 600 {path}")
        return base64.b64decode(path.read_text(encoding="ascii").strip(), validate=True)
    except OSError:
        faults.append(f"the key {path} is missing or can not be read; restore it from your backup")
    except (binascii.Error, UnicodeDecodeError):
        faults.append(f"the key {path} is not base64; restore it from your backup")
    return None
