"""The composition rule: who must be in the room before sound and picture flow, and between whom they flow.

Pure functions over roles. The safety of a child rests on them, so they hold no state and know no peer, no clock.
"""

from collections.abc import Set as AbstractSet

from rooms.roles import PROFESSIONALS, Composition, Role
from rooms.visits.states import PauseReason

#: Who must be present, for each composition. Both need both professionals: in ``one-to-one`` the social worker is
#: reachable outside the door, so that a child is never alone with one adult whom nobody could be called against.
REQUIRED: dict[Composition, tuple[Role, ...]] = {
    Composition.ACCOMPANIED: (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST),
    Composition.ONE_TO_ONE: (Role.CLASSROOM, Role.SOCIAL_WORKER, Role.PSYCHOLOGIST),
}

#: Who is in everybody's roster and has neither sound nor picture, for each composition.
OUTSIDE_THE_DOOR: dict[Composition, frozenset[Role]] = {
    Composition.ACCOMPANIED: frozenset(),
    Composition.ONE_TO_ONE: frozenset({Role.SOCIAL_WORKER}),
}

#: Who opens the way for a waiting participant: nobody (own room), the child at the door, or an adult professional.
OWN_ROOM = frozenset({Role.CLASSROOM, Role.SOCIAL_WORKER})
THROUGH_THE_DOOR = frozenset({Role.PSYCHOLOGIST})
ONE_BY_ONE = frozenset({Role.GUARDIAN, Role.INTERPRETER, Role.SUPERVISOR})

#: Which roles each professional may remove. Nobody removes themselves, and a psychologist never the child's own adult.
MAY_REMOVE: dict[Role, frozenset[Role]] = {
    Role.SOCIAL_WORKER: frozenset(Role) - {Role.SOCIAL_WORKER},
    Role.PSYCHOLOGIST: frozenset(Role) - PROFESSIONALS,
}

#: The reason for a pause that the absence of each required role is.
MISSING_REASON: dict[Role, PauseReason] = {
    Role.CLASSROOM: PauseReason.CLASSROOM_MISSING,
    Role.SOCIAL_WORKER: PauseReason.SOCIAL_WORKER_MISSING,
    Role.PSYCHOLOGIST: PauseReason.PSYCHOLOGIST_MISSING,
}


#: With whom each professional may share one device. Whoever counts as an adult of the rule sits at a device of their
#: own or beside the child: one phone must not answer for the guardian and for the adult who is to watch over the visit.
MAY_SHARE_DEVICE: dict[Role, frozenset[Role]] = {
    Role.SOCIAL_WORKER: frozenset({Role.CLASSROOM}),
    Role.PSYCHOLOGIST: frozenset(),
}


def may_share_device(roles: AbstractSet[Role]) -> bool:
    """Say whether the seats of these roles, of one visit, may be held by one device."""
    return all(roles - {role} <= MAY_SHARE_DEVICE.get(role, frozenset(Role)) for role in roles)


def missing_roles(composition: Composition, present: AbstractSet[Role]) -> tuple[Role, ...]:
    """Return the required roles that are not among the admitted roles present, in the order in which they are named."""
    return tuple(role for role in REQUIRED[composition] if role not in present)


def holds(composition: Composition, present: AbstractSet[Role]) -> bool:
    """Say whether media may flow while exactly these admitted roles are present."""
    return not missing_roles(composition, present)


def may_exchange_media(composition: Composition, one: AbstractSet[Role], other: AbstractSet[Role]) -> bool:
    """Say whether two devices may have a leg between them, given the admitted roles at each.

    A device takes part when at least one of its admitted roles is not outside the door: a social worker who shares the
    classroom's device in a one-to-one visit hears what the classroom hears.
    """
    outside = OUTSIDE_THE_DOOR[composition]
    return bool(one - outside) and bool(other - outside)
