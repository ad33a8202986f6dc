"""The bus within one process keeps the promises of every bus."""

import pytest

from signaling.bus import InProcessBus
from tests.signaling.bus_contract import BusContract


class TestInProcessBus(BusContract):
    @pytest.fixture
    def bus(self) -> InProcessBus:
        return InProcessBus()
