"""Who may ring for help in the room."""

import pytest

from rooms.ids import PeerId
from rooms.roles import Role
from rooms.visits.commands import AskHelp
from rooms.visits.errors import NotAdmittedError
from rooms.visits.events import HelpAsked
from tests.support.live_rooms import DrivenRoom, participant, room_plan

GUESTS = (Role.GUARDIAN, Role.INTERPRETER, Role.SUPERVISOR)


@pytest.mark.parametrize("role", Role)
def test_help_can_be_asked_for_by_everybody_who_was_let_in(role: Role) -> None:
    driven = DrivenRoom()
    driven.goes_live(*GUESTS)
    assert driven.does(AskHelp(PeerId(role))) == (HelpAsked(participant(role), role),)


@pytest.mark.parametrize("role", [*GUESTS, Role.PSYCHOLOGIST])
def test_whoever_waits_can_not_ring_in_the_room(role: Role) -> None:
    driven = DrivenRoom()
    driven.joins(Role.CLASSROOM)
    peer = driven.joins(role)
    with pytest.raises(NotAdmittedError):
        driven.does(AskHelp(peer))


@pytest.mark.parametrize("companion", [None, Role.GUARDIAN, Role.SOCIAL_WORKER])
def test_the_childs_help_is_never_refused_and_is_told_as_the_childs(companion: Role | None) -> None:
    driven = DrivenRoom(room_plan(child_paused=True))
    child = driven.joins(Role.CLASSROOM, *([companion] if companion else []))
    assert driven.does(AskHelp(child)) == (HelpAsked(participant(Role.CLASSROOM), Role.CLASSROOM),)
