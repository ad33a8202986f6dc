"""From settings to an open store: data folder, keys, database, in this order. Refuses with one line for each reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from rooms import migrations
from rooms.clock import SystemClock
from rooms.db import open_store
from web.key_files import has_keys, load_keys, make_keys, make_private_folder
from web.settings import SettingsError

if TYPE_CHECKING:
    from rooms.keys import Keys
    from rooms.unit_of_work import Store
    from web.settings import Settings


def open_installation(settings: Settings) -> Store:
    """Return the store, with keys made and the embedded database migrated where that is due.

    Keys are made once, for an empty database: new keys beside old data would mean that nobody can read it any more.
    PostgreSQL is migrated by ``wasl migrate`` alone, because several servers may share it.
    Raises :class:`SettingsError`.
    """
    try:
        make_private_folder(settings.data)
    except OSError as error:
        raise SettingsError(
            [f"the data folder {settings.data} can not be used ({error.strerror}); set --data"]
        ) from None
    revision = current_revision(settings)
    keys = _keys(settings, is_new=revision is None)
    if is_embedded(settings):
        migrations.migrate(settings.database)
    elif not migrations.at_head(settings.database):
        raise SettingsError(["the database is not at this program's version; run: wasl migrate"])
    return open_store(settings.database, keys, SystemClock())


def is_embedded(settings: Settings) -> bool:
    """Say whether the database is SQLite, which belongs to one server alone."""
    return settings.database.startswith("sqlite")


def current_revision(settings: Settings) -> str | None:
    """Return the revision of the database, None for an empty one. Raises :class:`SettingsError` when out of reach."""
    try:
        return migrations.current_revision(settings.database)
    except (SQLAlchemyError, ValueError, OSError) as error:
        reason = type(getattr(error, "orig", None) or error).__name__
        raise SettingsError([f"the database can not be reached ({reason}); correct database_url or start it"]) from None


def _keys(settings: Settings, *, is_new: bool) -> Keys:
    if not has_keys(settings.keys_folder):
        if not is_new:
            missing = f"the keys of this database are missing from {settings.keys_folder}"
            raise SettingsError([f"{missing}; restore the folder from your backup"])
        make_keys(settings.keys_folder)
    return load_keys(settings.keys_folder)
