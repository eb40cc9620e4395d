"""Settings that all tests share."""

from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

# There is no deadline per example, because a busy machine is slow. Failures are stored in .hypothesis, so few examples
# that run often are as effective as many.
settings.register_profile("letmepost", deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("letmepost")

# By default, structlog prints the local variables of every frame of a traceback, which takes seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

pytest_plugins = ["tests.servers", "tests.database", "tests.deployment", "tests.s3", "tests.npm"]

_PURE = {"domain", "platforms"}
_WHOLE = "test_end_to_end.py"
"""A test that uses a whole deployment, in a folder of pure tests."""
_LONG = ("processes", "worker")
_SERVERS = {"postgres_url", "redis_url", "s3_url"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest tests first, and disable sockets and servers in the pure folders."""
    here = Path(__file__).parent
    # At the end, one process would still run a test of half a minute while the others have nothing left to do.
    items.sort(key=lambda item: not any(item.path.is_relative_to(here / folder) for folder in _LONG))
    for item in items:
        if item.path.name == _WHOLE or not item.path.is_relative_to(here):
            continue
        if item.path.relative_to(here).parts[0] in _PURE:
            item.add_marker("disable_socket")
            if wanted := _SERVERS.intersection(getattr(item, "fixturenames", ())):
                msg = f"{item.nodeid} asks for {', '.join(sorted(wanted))}, but its folder is for pure tests"
                raise pytest.UsageError(msg)
