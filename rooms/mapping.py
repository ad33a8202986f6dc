"""What all mapped classes share: the declarative root, the names of constraints, and the types of columns."""

import enum
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import ClassVar

from sqlalchemy import DateTime, Dialect, Enum, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

#: Constraints have names of their own, so that a migration can address them on both databases.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
#: The longest stored value of a closed list.
CHOICE_LENGTH = 48


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC on both databases. SQLite has no zones: there it is stored naive and read back as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: it would mean a different instant on each machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant is aware")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC, whatever the zone of the database connection."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def stored_values(choices: Iterable[enum.Enum]) -> list[str]:
    """Store a closed list by value, not by the name of its Python member."""
    return [str(choice.value) for choice in choices]


class Base(DeclarativeBase):
    """Root of all mapped classes.

    ``Mapped[datetime]`` is an aware UTC instant and ``Mapped[SomeStrEnum]`` a checked text of its values.
    Every column says in its ``info`` what it is for and how long it is kept (``rooms.retention.about``).
    """

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[type, UtcDateTime | Enum]] = {
        datetime: UtcDateTime(),
        enum.Enum: Enum(
            enum.Enum,
            native_enum=False,
            create_constraint=False,
            length=CHOICE_LENGTH,
            values_callable=stored_values,
            validate_strings=True,
        ),
    }
