"""Checks of published posts against the simulator."""

from datetime import timedelta

from letmepost.domain.errors import FailureKind
from letmepost.platforms.threads import PLATFORM
from letmepost.platforms.threads.read_back import is_there
from tests.doubles.simulated import facts, failed
from tests.doubles.worker import Worker


def test_expired_token_is_a_failure_and_not_a_missing_post() -> None:
    driver = Worker(platform=PLATFORM)
    account = driver.connect()
    driver.now += timedelta(days=61)
    failure = failed(lambda: driver.run(is_there(facts(account), "18012345678901234", driver.settings)))
    assert failure.kind is FailureKind.AUTH_FAILED
