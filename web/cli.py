"""The command line. Nothing heavy is imported before a command runs: ``wasl --help`` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from web.settings import Settings


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where the data and the settings are."""
    for option in (
        click.option("--data", type=click.Path(path_type=Path), help="Folder of keys and embedded database. [./data]"),
        click.option("--config", type=click.Path(path_type=Path), help="A TOML file with settings."),
        click.option("--database-url", help="sqlite+aiosqlite:///path or postgresql+psycopg://… [SQLite in --data]"),
    ):
        command = option(command)
    return command


def listen_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a server."""
    for option in (
        click.option("--host", help="Address to listen on. [127.0.0.1]"),
        click.option("--port", type=int, help="Port to listen on; 0 takes a free one. [8080]"),
        click.option("--public-url", help="The address people use, when a TLS proxy stands in front."),
        click.option("--log-level", help="debug, info, warning or error. [info; in a terminal's demo: warning]"),
        click.option("--log-format", help="json, console or auto. [auto]"),
    ):
        command = option(command)
    return place_options(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wasl")
def main() -> None:
    """Wasl: video visits for the psychological support of children in remote schools."""


@main.command()
@listen_options
@click.option("--json", "as_json", is_flag=True, help="Print the links as one JSON object on standard output.")
def demo(as_json: bool, **options: object) -> None:
    """Start a demonstration: a made-up school, and a visit that is open now. Listens on this machine only."""
    from functools import partial  # noqa: PLC0415 (see the module's docstring)

    from web import demo as demonstration  # noqa: PLC0415
    from web.serve import run  # noqa: PLC0415

    if not as_json and options["log_level"] is None:
        options["log_level"] = "warning"
    run(settings_of(options, demo=True), partial(demonstration.prepare, as_json=as_json))


@main.command()
@listen_options
def serve(**options: object) -> None:
    """Start the real server. Refuses weak secrets, stale time zones and an open door, and says what to do."""
    from web import first_admin  # noqa: PLC0415
    from web.serve import run  # noqa: PLC0415

    run(settings_of(options), first_admin.prepare)


@main.command()
@listen_options
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON object.")
def doctor(as_json: bool, **options: object) -> None:
    """Check all that the server depends on; each line that fails says what to do. Status 1 when one does."""
    from web.doctor import examine  # noqa: PLC0415

    raise SystemExit(examine(options, as_json=as_json))


@main.command()
@place_options
def migrate(**options: object) -> None:
    """Bring the database to this program's version (the same as: db upgrade)."""
    from web.upkeep import upgrade_database  # noqa: PLC0415

    upgrade_database(settings_of(options))


@main.group()
def db() -> None:
    """The database's version."""


db.add_command(migrate, "upgrade")


@db.command()
@place_options
def current(**options: object) -> None:
    """Say which version the database has, and which this program wants."""
    from web.upkeep import tell_revision  # noqa: PLC0415

    tell_revision(settings_of(options))


@main.group()
def admin() -> None:
    """Administrators."""


@admin.command()
@place_options
@click.option("--public-url", help="The address that people use; the link begins with it.")
@click.option("--email", required=True, help="The address that they sign in with.")
@click.option("--name", default="Administrator", show_default=True)
@click.option("--language", type=click.Choice(["ar", "fr", "zgh", "en"]), default="ar", show_default=True)
@click.option("--zone", default="Africa/Casablanca", show_default=True, help="The clock on which they read times.")
def create(email: str, name: str, language: str, zone: str, **options: object) -> None:
    """Add an administrator and print their one-time link."""
    from web.upkeep import add_admin  # noqa: PLC0415

    add_admin(settings_of(options), email=email, name=name, language=language, zone=zone)


@main.group()
def keys() -> None:
    """The secret keys."""


@keys.command()
@place_options
def rotate(**options: object) -> None:
    """Make new keys. Restart every server afterwards, then run: wasl keys rewrap."""
    from web.upkeep import rotate_keys  # noqa: PLC0415

    rotate_keys(settings_of(options))


@keys.command()
@place_options
def rewrap(**options: object) -> None:
    """Wrap all data keys with the newest master key, while servers that know it run."""
    from web.upkeep import rewrap_keys  # noqa: PLC0415

    rewrap_keys(settings_of(options))


@main.group()
def retention() -> None:
    """What is kept, and for how long."""


@retention.command("run")
@place_options
def run_retention(**options: object) -> None:
    """Delete now what has been kept as long as it may be. The server does this by itself."""
    from web.upkeep import retain_now  # noqa: PLC0415

    retain_now(settings_of(options))


@main.command("sweep")
@place_options
def run_sweep(**options: object) -> None:
    """Close now the visits that are past their window. The server does this by itself."""
    from web.upkeep import sweep_now  # noqa: PLC0415

    sweep_now(settings_of(options))


@main.group()
def i18n() -> None:
    """The languages of the pages."""


@i18n.command()
def check() -> None:
    """Find sentences that lack a translation. Status 1 when there are any."""
    from web.translation_check import check_catalogues  # noqa: PLC0415

    raise SystemExit(check_catalogues())


@i18n.command()
def update() -> None:
    """Put new sentences into the catalogues, and mark those that are gone."""
    from web.translation_check import update_catalogues  # noqa: PLC0415

    update_catalogues()


@main.command("turn-config")
@place_options
@click.option("--realm", required=True, help="The realm: the relay's name.")
@click.option("--address", required=True, help="The relay's public IPv4 address, or public/local behind a NAT.")
@click.option("--site-range", multiple=True, help="A network of your own that the relay must never reach. Repeatable.")
@click.option("--relay-ports", default="49160-50159", show_default=True, help="First and last port to relay on.")
@click.option("--certificate", help="Path of the TLS certificate on the relay.")
@click.option("--key", help="Path of its key.")
def turn_config(
    *,
    realm: str,
    address: str,
    site_range: tuple[str, ...],
    relay_ports: str,
    certificate: str | None,
    key: str | None,
    **options: object,
) -> None:
    """Print a coturn configuration made from WASL_TURN_URLS and WASL_TURN_SECRET."""
    from web.upkeep import print_turn_config  # noqa: PLC0415

    print_turn_config(
        settings_of(options),
        realm=realm,
        address=address,
        site_ranges=site_range,
        relay_ports=relay_ports,
        certificate=certificate,
        key=key,
    )


def settings_of(options: dict[str, object], *, demo: bool = False) -> Settings:
    """Return the settings, or end with status 2 and one line for each fault."""
    from web.settings import SettingsError, load_settings  # noqa: PLC0415
    from web.terminal import refuse  # noqa: PLC0415

    try:
        return load_settings(options, demo=demo)
    except SettingsError as error:
        refuse(error.faults)


if __name__ == "__main__":
    main()
