"""Enforces the retention classes: everything is deleted when it has been kept as long as its class says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms.unit_of_work import Actor
from rooms.visits.upkeep import forget_links

if TYPE_CHECKING:
    from rooms.unit_of_work import Store


async def enforce_retention(store: Store) -> int:
    """Delete what is due, each class in a unit of work of its own; return how many rows are gone."""
    async with store.begin(Actor.system("retention")) as uow:
        return await forget_links(uow)
