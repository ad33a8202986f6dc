"""The composition rule over every set of roles, against what is forbidden, written down a second time."""

from itertools import chain, combinations

import pytest

from rooms.roles import Composition, Role
from rooms.visits.composition import (
    MAY_REMOVE,
    MISSING_REASON,
    ONE_BY_ONE,
    OWN_ROOM,
    REQUIRED,
    THROUGH_THE_DOOR,
    holds,
    may_exchange_media,
    may_share_device,
    missing_roles,
)

EVERY_SET = [
    frozenset(roles) for roles in chain.from_iterable(combinations(Role, size) for size in range(len(Role) + 1))
]


@pytest.mark.parametrize("composition", Composition)
def test_no_forbidden_set_of_roles_holds(composition: Composition) -> None:
    for present in EVERY_SET:
        child = Role.CLASSROOM in present
        professionals = present & {Role.SOCIAL_WORKER, Role.PSYCHOLOGIST}
        forbidden = (
            not child
            or not professionals
            or (Role.PSYCHOLOGIST in present and Role.SOCIAL_WORKER not in present)
            or Role.PSYCHOLOGIST not in present
        )
        assert holds(composition, present) is not forbidden, sorted(present)


@pytest.mark.parametrize("composition", Composition)
def test_who_comes_beside_the_required_never_breaks_the_rule(composition: Composition) -> None:
    required = frozenset(REQUIRED[composition])
    assert all(holds(composition, required | present) for present in EVERY_SET)


@pytest.mark.parametrize("composition", Composition)
def test_missing_roles_are_exactly_those_whose_coming_makes_it_hold(composition: Composition) -> None:
    for present in EVERY_SET:
        missing = missing_roles(composition, present)
        assert not present & set(missing)
        assert holds(composition, present | set(missing))
        assert all(not holds(composition, (present | set(missing)) - {role}) for role in missing)


def test_every_pair_exchanges_media_when_accompanied() -> None:
    some = [roles for roles in EVERY_SET if roles]
    assert all(may_exchange_media(Composition.ACCOMPANIED, one, other) for one in some for other in some)


@pytest.mark.parametrize("other", [role for role in Role if role is not Role.SOCIAL_WORKER])
def test_the_social_worker_outside_the_door_has_no_media_in_a_one_to_one(other: Role) -> None:
    outside = frozenset({Role.SOCIAL_WORKER})
    assert not may_exchange_media(Composition.ONE_TO_ONE, outside, frozenset({other}))
    assert not may_exchange_media(Composition.ONE_TO_ONE, frozenset({other}), outside)


def test_a_social_worker_at_the_classrooms_own_device_takes_part_in_a_one_to_one_with_it() -> None:
    shared = frozenset({Role.CLASSROOM, Role.SOCIAL_WORKER})
    assert may_exchange_media(Composition.ONE_TO_ONE, shared, frozenset({Role.PSYCHOLOGIST}))


@pytest.mark.parametrize("composition", Composition)
def test_a_device_without_an_admitted_role_exchanges_nothing(composition: Composition) -> None:
    assert not any(may_exchange_media(composition, frozenset(), roles) for roles in EVERY_SET)


def test_every_role_enters_in_exactly_one_way() -> None:
    assert sorted([*OWN_ROOM, *THROUGH_THE_DOOR, *ONE_BY_ONE]) == sorted(Role)


def test_every_required_role_has_its_reason_for_a_pause() -> None:
    assert set(MISSING_REASON) == set(chain.from_iterable(REQUIRED.values()))


def test_a_psychologist_can_never_remove_the_childs_own_adult() -> None:
    assert Role.SOCIAL_WORKER not in MAY_REMOVE[Role.PSYCHOLOGIST]


def test_no_adult_who_counts_shares_a_device_with_anybody_but_the_child() -> None:
    for roles in EVERY_SET:
        allowed = (Role.PSYCHOLOGIST not in roles or roles == {Role.PSYCHOLOGIST}) and (
            Role.SOCIAL_WORKER not in roles or roles <= {Role.SOCIAL_WORKER, Role.CLASSROOM}
        )
        assert may_share_device(roles) is allowed, sorted(roles)
