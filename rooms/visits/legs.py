"""Legs: which two peers may exchange descriptions and media, and who yields when both offer at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from rooms.ids import PeerId
from rooms.roles import Composition, Role
from rooms.visits.composition import may_exchange_media


@dataclass(frozen=True, slots=True)
class Leg:
    """The way between two peers. ``impolite`` makes the first offer and wins a glare; ``polite`` rolls back (JSEP).

    ``negotiation`` is unique in the room and only grows, so that what belongs to an older leg can be told and dropped.
    """

    polite: PeerId
    impolite: PeerId
    negotiation: int


LegKey = tuple[PeerId, PeerId]


def leg_key(one: PeerId, other: PeerId) -> LegKey:
    """Return the one key of a pair of peers, whichever is named first."""
    return (one, other) if one < other else (other, one)


def allowed_pairs(
    composition: Composition, roles: Mapping[PeerId, frozenset[Role]]
) -> dict[LegKey, tuple[PeerId, PeerId]]:
    """Return every pair that may exchange media, each as (polite, impolite), in the order in which they are to connect.

    A thin line connects them one after another: the child with the psychologist first, then the child with the others.
    ``roles`` maps each admitted peer to its admitted roles, earliest peer first. The psychologist offers to the child,
    the child to all others, and those to the psychologist; of two others the one who comes new offers. Whoever offers
    is the DTLS server (RFC 8829, section 5.3.1: an answer is active) and hears the other half a round trip before it
    is heard: in a ring of three everybody does once.
    """
    peers = tuple(roles)
    pairs: dict[LegKey, tuple[PeerId, PeerId]] = {}
    for place, earlier in enumerate(peers):
        for later in peers[place + 1 :]:
            if may_exchange_media(composition, roles[earlier], roles[later]):
                earlier_offers = (_seat(roles[earlier]), _seat(roles[later])) in _OFFERS_TO
                pairs[leg_key(earlier, later)] = (later, earlier) if earlier_offers else (earlier, later)
    return dict(sorted(pairs.items(), key=lambda item: _place(roles[item[1][0]] | roles[item[1][1]])))


def _seat(roles: frozenset[Role]) -> Role | None:
    """Return what a peer is in the ring: the child, the psychologist, or None for all others."""
    return next((role for role in (Role.CLASSROOM, Role.PSYCHOLOGIST) if role in roles), None)


_OFFERS_TO = frozenset({(Role.PSYCHOLOGIST, Role.CLASSROOM), (Role.CLASSROOM, None), (None, Role.PSYCHOLOGIST)})


def _place(together: frozenset[Role]) -> int:
    """Return when a pair's turn comes, by the roles of both: low first, and of equals the earlier arrived."""
    if Role.CLASSROOM not in together:
        return 2
    return 0 if Role.PSYCHOLOGIST in together else 1
