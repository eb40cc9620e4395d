"""Checks of published posts against the simulator."""

from datetime import timedelta

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Live
from letmepost.platforms.threads.read_back import is_there
from letmepost.platforms.threads.unpublish import unpublish
from tests.doubles.simulated import facts, failed
from tests.platforms.threads.test_flows_meet_simulator import Driver


def test_post_is_found_until_it_is_deleted() -> None:
    driver = Driver()
    account = driver.connect()
    [live] = [said for said in driver.publish(account, text="Hello") if isinstance(said, Live)]
    assert driver.run(is_there(facts(account), live.uri, driver.settings))
    driver.run(unpublish(facts(account), [live.uri], driver.settings))
    assert not driver.run(is_there(facts(account), live.uri, driver.settings))


def test_expired_token_is_a_failure_and_not_a_missing_post() -> None:
    driver = Driver()
    account = driver.connect()
    driver.now += timedelta(days=61)
    failure = failed(lambda: driver.run(is_there(facts(account), "18012345678901234", driver.settings)))
    assert failure.kind is FailureKind.AUTH_FAILED
