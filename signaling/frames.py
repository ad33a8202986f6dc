"""What every message of the wire is: a frozen class whose name is its type, with no field that is not known."""

import re

from msgspec import UNSET, Struct, UnsetType


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


class ClientFrame(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag=_kebab, tag_field="type"):
    """What a page may send."""


class ServerFrame(
    Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag=_kebab, tag_field="type", kw_only=True
):
    """What the server may send. ``seq`` counts the frames for one peer from 1; the replay buffer stamps it."""

    seq: int | UnsetType = UNSET
