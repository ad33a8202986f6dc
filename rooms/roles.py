"""Roles, and what a visit may be composed of."""

from enum import StrEnum


class Role(StrEnum):
    """A place in a visit. ``admin`` is not among them: an admin never enters a room."""

    CLASSROOM = "classroom"
    SOCIAL_WORKER = "social_worker"
    PSYCHOLOGIST = "psychologist"
    GUARDIAN = "guardian"
    INTERPRETER = "interpreter"
    SUPERVISOR = "supervisor"


#: The adults who answer for a visit: they may admit and remove others, and always get back into their own room.
PROFESSIONALS = frozenset({Role.SOCIAL_WORKER, Role.PSYCHOLOGIST})


class Composition(StrEnum):
    """Who must be in the room before sound and picture flow (design: two keys)."""

    #: Classroom, social worker and psychologist.
    ACCOMPANIED = "accompanied"
    #: Classroom and psychologist; the social worker is reachable outside the door, without sound or picture.
    ONE_TO_ONE = "one-to-one"
