"""Brings what every package's tests share into each process that runs tests."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Leave out the process that only hands tests to others (``-n 2``): they wait until it has loaded what it needs."""
    if config.getoption("dist", "no") == "no" or config.getoption("collectonly"):
        config.pluginmanager.import_plugin("tests.support.shared_fixtures")
