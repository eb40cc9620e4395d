"""What all tests share."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow, not wrong: no example is judged by the clock. What is found is kept in .hypothesis, so fewer
# examples than usual, run often, find as much.
settings.register_profile("letmepost", deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("letmepost")

pytest_plugins = ["tests.servers", "tests.database", "tests.deployment", "tests.s3"]

_PURE = {"domain", "platforms"}
_WHOLE = "test_end_to_end.py"
"""Lies beside the pure tests of a platform, and goes through a whole deployment."""
_SERVERS = {"postgres_url", "redis_url", "s3_url"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the pure folders pure: no socket, no server."""
    here = Path(__file__).parent
    for item in items:
        if item.path.name == _WHOLE or not item.path.is_relative_to(here):
            continue
        if item.path.relative_to(here).parts[0] in _PURE:
            item.add_marker("disable_socket")
            if wanted := _SERVERS.intersection(getattr(item, "fixturenames", ())):
                msg = f"{item.nodeid} asks for {', '.join(sorted(wanted))}, but its folder is for pure tests"
                raise pytest.UsageError(msg)
