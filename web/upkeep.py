"""What the commands of an operator do: database, keys, administrators, jobs by hand, the relay's configuration."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import click

from rooms import migrations
from rooms.clock import use_packaged_zones
from rooms.enforcement import enforce_all
from rooms.errors import InvalidInputError
from rooms.key_rotation import rewrap_all
from rooms.unit_of_work import Actor
from rooms.visits.upkeep import sweep
from web.first_admin import create_admin, welcome_link
from web.key_files import add_keys, has_keys, load_keys
from web.logging import set_up_logging
from web.opening import current_revision, open_installation
from web.settings import SettingsError, turn_settings
from web.terminal import refuse, tell
from web.turn_config import relay_config, turnserver_conf

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rooms.unit_of_work import Store
    from web.settings import Settings

Result = TypeVar("Result")


def with_store(settings: Settings, act: Callable[[Store], Awaitable[Result]]) -> Result:
    """Do something with the installation's store, or end with status 2 and the reasons."""
    use_packaged_zones()
    set_up_logging("warning", settings.log_format)

    async def do() -> Result:
        store = await asyncio.to_thread(open_installation, settings)
        try:
            return await act(store)
        finally:
            await store.close()

    try:
        return asyncio.run(do())
    except SettingsError as error:
        refuse(error.faults)


def upgrade_database(settings: Settings) -> None:
    """Bring the database to the newest schema."""
    try:
        before = current_revision(settings)
    except SettingsError as error:
        refuse(error.faults)
    migrations.migrate(settings.database)
    after = migrations.head_revision()
    tell(f"the database is at {after}" + (" already" if before == after else f" (was {before or 'empty'})"))


def tell_revision(settings: Settings) -> None:
    """Print the database's revision and the program's; status 1 when they differ."""
    try:
        found = current_revision(settings)
    except SettingsError as error:
        refuse(error.faults)
    wanted = migrations.head_revision()
    click.echo(f"database {found or 'empty'}, program {wanted}")
    if found != wanted:
        tell("run: wasl migrate")
        raise SystemExit(1)


def add_admin(settings: Settings, *, email: str, name: str, language: str, zone: str) -> None:
    """Make an administrator and print their one-time link."""

    async def create(store: Store) -> str:
        return await create_admin(store, email=email, name=name, language=language, zone=zone)

    try:
        secret = with_store(settings, create)
    except InvalidInputError as error:
        refuse(f"--{field.replace('_', '-')} can not be used: {fault}" for field, fault in error.fields.items())
    tell("This link works once, for 7 days:")
    click.echo(welcome_link(settings.url, secret))


def rotate_keys(settings: Settings) -> None:
    """Make the next master and ticket keys. Nothing uses them before the servers have read them at their restart."""
    if not has_keys(settings.keys_folder):
        refuse([f"there are no keys in {settings.keys_folder} to rotate; set --data to the server's data folder"])
    try:
        load_keys(settings.keys_folder)
    except SettingsError as error:
        refuse(error.faults)
    master, ticket = add_keys(settings.keys_folder)
    tell(f"made master-{master}.key and ticket-{ticket}.key")
    tell("restart every server now, then run: wasl keys rewrap")


def rewrap_keys(settings: Settings) -> None:
    """Wrap all data keys with the newest master key; a server that has not read it yet could not open them."""
    tell(f"wrapped {with_store(settings, rewrap_all)} data keys with the newest master key")
    tell("keep the older master keys for as long as you keep backups made before this")


def sweep_now(settings: Settings) -> None:
    """Close the visits that are past their window."""

    async def do(store: Store) -> int:
        async with store.begin(Actor.system("sweep")) as uow:
            swept = await sweep(uow)
        return len(swept.completed) + len(swept.missed) + len(swept.expired)

    tell(f"{with_store(settings, do)} visits were past their window and are closed")


def retain_now(settings: Settings) -> None:
    """Enforce the retention classes."""
    tell(f"{with_store(settings, enforce_all)} rows had been kept long enough and are gone")


def print_turn_config(
    settings: Settings,
    *,
    realm: str,
    address: str,
    site_ranges: tuple[str, ...],
    relay_ports: str,
    certificate: str | None,
    key: str | None,
) -> None:
    """Print the relay's configuration."""
    turn = turn_settings(settings)
    if turn is None:
        refuse(["set WASL_TURN_URLS and WASL_TURN_SECRET (or WASL_TURN_SECRET_FILE) first"])
    try:
        config = relay_config(
            turn,
            realm=realm,
            address=address,
            site_ranges=site_ranges,
            relay_ports=relay_ports,
            certificate=certificate,
            key=key,
        )
    except ValueError as error:
        refuse([str(error)])
    click.echo(turnserver_conf(config), nl=False)
