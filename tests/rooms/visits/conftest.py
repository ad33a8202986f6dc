"""Fixtures for the tests of visits."""

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(scope="session", autouse=True)
def no_debug_lines() -> Iterator[None]:
    """Keep the moves of many thousand random rooms out of the output, as the server's own setting does."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    yield
    structlog.reset_defaults()
