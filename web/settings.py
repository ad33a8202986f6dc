"""The settings of one process: option > environment ``WASL_*`` or ``WASL_*_FILE`` > TOML file > default.

All faults are told at once, each as one line that says what to do. An unknown name is a fault that names its nearest
neighbour. No fault, log line or ``repr`` shows a secret.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import stat
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints
from urllib.parse import urlsplit

import msgspec

from signaling.ice_servers import TurnSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PREFIX = "WASL_"
FILE_SUFFIX = "_FILE"
#: Names the TOML file itself; not a setting that the file may hold.
CONFIG_VARIABLE = "WASL_CONFIG"
#: Values that people copy from examples; refused wherever a secret is asked for.
EXAMPLE_SECRETS = (
    "changeme",
    "change-me",
    "secret",
    "password",
    "example",
    "insecure",
    "default",
    "replace-me",
    "xxxx",
)
SECRET_MIN_CHARS = 32
SECRET_LEAST_DISTINCT_CHARS = 10
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("auto", "json", "console")
SECRETS = frozenset({"database_url", "metrics_token", "turn_secret"})
MAKE_SECRET = "make one with: openssl rand -base64 33"  # noqa: S105 (advice, not a secret)
#: Least and most of every number.
RANGES = {
    "port": (0, 65535),
    "opens_before_minutes": (0, 120),
    "closes_after_minutes": (0, 24 * 60),
    "drain_seconds": (0, 600),
    "sweep_seconds": (5, 3600),
    "retention_hours": (1, 24 * 7),
}


class SettingsError(Exception):
    """The settings can not be used. ``faults`` holds one line for each reason."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. Times are in the unit that their name says."""

    #: Folder of keys, the embedded database and demo links; made with mode 0700.
    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = 8080
    #: The address that people use, when a TLS proxy stands in front. Origin, cookies and links follow it.
    public_url: str = ""
    #: ``sqlite+aiosqlite:///path`` or ``postgresql+psycopg://…``; empty means ``wasl.db`` in the data folder.
    database_url: str = field(default="", repr=False)
    #: Networks of reverse proxies whose ``X-Forwarded-For`` is believed.
    trusted_proxies: tuple[str, ...] = ()
    turn_urls: tuple[str, ...] = ()
    #: One secret; or two with a comma while one is replaced: the first signs, the relay accepts both.
    turn_secret: str = field(default="", repr=False)
    #: Who may read ``/metrics``; empty means this machine only.
    metrics_token: str = field(default="", repr=False)
    log_level: str = "info"
    #: ``auto`` is ``console`` in a terminal and ``json`` elsewhere.
    log_format: str = "auto"
    opens_before_minutes: int = 15
    closes_after_minutes: int = 15
    #: How long a stopping server lets answers in flight finish.
    drain_seconds: int = 5
    #: How often visits are swept and retention is enforced.
    sweep_seconds: int = 60
    retention_hours: int = 24
    #: Set by ``wasl demo`` alone.
    demo: bool = False

    @property
    def url(self) -> str:
        """The address that people use, without a slash at its end."""
        return self.public_url.rstrip("/") or f"http://{_in_url(self.host)}:{self.port}"

    @property
    def origin(self) -> str:
        """The one Origin whose requests are ours."""
        return self.url

    @property
    def is_https(self) -> bool:
        """Whether people reach this server over TLS."""
        return self.url.startswith("https://")

    @property
    def keys_folder(self) -> Path:
        """Where the secret keys are kept."""
        return self.data / "keys"

    @property
    def database(self) -> str:
        """The database's address with the default filled in."""
        return self.database_url or f"sqlite+aiosqlite:///{(self.data / 'wasl.db').absolute()}"


TYPES = get_type_hints(Settings)
#: What may be set from outside.
NAMES = tuple(f.name for f in fields(Settings) if f.name != "demo")


def load_settings(
    options: Mapping[str, object],
    environment: Mapping[str, str] | None = None,
    *,
    demo: bool = False,
) -> Settings:
    """Return the settings of a process. ``options`` are those given on the command line, None meaning not given.

    Raises :class:`SettingsError` with every fault that was found.
    """
    environment = os.environ if environment is None else environment
    faults: list[str] = []
    config = options.get("config") or environment.get(CONFIG_VARIABLE)
    merged: dict[str, object] = {}
    if config:
        merged |= _from_file(Path(str(config)), faults)
    merged |= _from_environment(environment, faults)
    merged |= {name: value for name, value in options.items() if name in NAMES and value is not None}
    usable: dict[str, Any] = {}
    for name, value in merged.items():
        try:
            usable[name] = _typed(name, value)
        except msgspec.ValidationError:
            faults.append(f"{name} is not {_describe(name)}; correct it or leave it out")
    settings = Settings(**usable, demo=demo)
    faults += faults_of(settings)
    if faults:
        raise SettingsError(faults)
    return settings


def _from_file(path: Path, faults: list[str]) -> dict[str, object]:
    try:
        with path.open("rb") as source:
            table = tomllib.load(source)
    except OSError as error:
        faults.append(
            f"the settings file {path} can not be read ({error.strerror}); correct --config or {CONFIG_VARIABLE}"
        )
        return {}
    except tomllib.TOMLDecodeError as error:
        faults.append(f"the settings file {path} is not TOML ({error}); correct that line")
        return {}
    unknown = [name for name in table if name not in NAMES]
    faults += [f"the settings file names {name}, which is unknown{_nearest(name, NAMES)}" for name in unknown]
    secret = sorted(SECRETS & table.keys())
    if secret and is_open_to_others(path):
        faults.append(
            f"the settings file {path} holds {', '.join(secret)} and others can read it; run: chmod 600 {path}"
        )
    return {name: value for name, value in table.items() if name in NAMES}


def _from_environment(environment: Mapping[str, str], faults: list[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    variables = {PREFIX + name.upper(): name for name in NAMES}
    for variable, value in sorted(environment.items()):
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE:
            continue
        if variable in variables:
            found[variables[variable]] = value
        elif variable.endswith(FILE_SUFFIX) and variable.removesuffix(FILE_SUFFIX) in variables:
            name = variables[variable.removesuffix(FILE_SUFFIX)]
            if variable.removesuffix(FILE_SUFFIX) in environment:
                faults.append(f"{variable} and {variable.removesuffix(FILE_SUFFIX)} are both set; keep one of them")
                continue
            text = _read_value_file(variable, Path(value), faults, is_secret=name in SECRETS)
            if text is not None:
                found[name] = text
        else:
            faults.append(f"{variable} is set, which is unknown{_nearest(variable, variables)}")
    return found


def _read_value_file(variable: str, path: Path, faults: list[str], *, is_secret: bool) -> str | None:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        faults.append(f"{variable} names {path}, which can not be read; correct the path or its rights")
        return None
    if is_secret and is_open_to_others(path):
        faults.append(f"{variable} names {path}, which others can read; run: chmod 600 {path}")
    return text


def is_open_to_others(path: Path) -> bool:
    """Say whether everybody may read a file, or a group may change it.

    A group that may only read is left alone: that is how the file systems of secret stores look from inside.
    """
    return bool(path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP))


def _nearest(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(names), n=1)
    return f"; did you mean {near[0]}?" if near else "; leave it out"


def _typed(name: str, value: object) -> object:
    kind = TYPES[name]
    if kind is Path:
        return Path(msgspec.convert(str(value) if isinstance(value, Path) else value, str)).expanduser()
    if isinstance(value, str) and kind == tuple[str, ...]:
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return msgspec.convert(value, kind, strict=False)


def _describe(name: str) -> str:
    kind = TYPES[name]
    return {int: "a whole number", bool: "true or false", Path: "a path", str: "a text"}.get(kind, "a list of texts")


def faults_of(settings: Settings) -> list[str]:
    """Return what is wrong with settings that have the right types."""
    return [
        *_number_faults(settings),
        *_word_faults(settings),
        *_address_faults(settings),
        *_secret_faults(settings),
    ]


def _number_faults(settings: Settings) -> Iterator[str]:
    for name, (least, most) in RANGES.items():
        if not least <= getattr(settings, name) <= most:
            yield f"{name} must be from {least} to {most}"


def _word_faults(settings: Settings) -> Iterator[str]:
    for name, allowed in (("log_level", LOG_LEVELS), ("log_format", LOG_FORMATS)):
        if getattr(settings, name) not in allowed:
            yield f"{name} must be one of {', '.join(allowed)}"


def _address_faults(settings: Settings) -> Iterator[str]:
    if settings.public_url and not _is_origin(settings.public_url):
        yield "public_url must be scheme and host alone, in small letters, such as https://wasl.example.org"
    for network in settings.trusted_proxies:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            yield "trusted_proxies must be addresses or networks, such as 127.0.0.1 or 10.0.0.0/8"


def _secret_faults(settings: Settings) -> Iterator[str]:
    if fault := secret_fault(settings.metrics_token):
        yield f"metrics_token {fault}; {MAKE_SECRET}"
    if bool(settings.turn_urls) != bool(settings.turn_secret):
        missing = "turn_secret" if settings.turn_urls else "turn_urls"
        yield f"{missing} is missing; turn_urls and turn_secret go together"
    elif settings.turn_urls:
        try:
            turn = turn_settings(settings)
        except ValueError as error:
            yield f"turn_urls or turn_secret: {error}"
        else:
            # A demonstration may be pointed at a coturn with a throw-away secret; the real server may not.
            faults = [] if settings.demo or turn is None else [secret_fault(secret) for secret in turn.secrets]
            yield from (f"turn_secret {fault}; {MAKE_SECRET}" for fault in faults if fault)


def turn_settings(settings: Settings) -> TurnSettings | None:
    """Return the relays that peers are given, or None when none is set. Raises ``ValueError`` for a malformed URL."""
    if not settings.turn_urls:
        return None
    return TurnSettings.parse(",".join(settings.turn_urls), settings.turn_secret)


def secret_fault(secret: str) -> str | None:
    """Return why a secret that was set can not be used, or None. An empty one is simply not set."""
    if not secret:
        return None
    if any(example in secret.lower() for example in EXAMPLE_SECRETS):
        return "is an example value"
    if len(secret) < SECRET_MIN_CHARS:
        return f"is shorter than {SECRET_MIN_CHARS} characters"
    if len(set(secret)) < SECRET_LEAST_DISTINCT_CHARS:
        return "repeats itself and could be guessed"
    return None


def _is_origin(url: str) -> bool:
    parts = urlsplit(url)
    bare = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
    return parts.scheme in ("http", "https") and bool(parts.hostname) and bare and url == url.lower()


def is_loopback_host(host: str) -> bool:
    """Say whether a host to listen on is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
