"""Checks of published posts against the simulator."""

from dataclasses import replace

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Live
from letmepost.platforms.bluesky.read_back import is_there
from letmepost.platforms.bluesky.unpublish import unpublish
from tests.doubles.simulated import facts, failed
from tests.platforms.bluesky.test_flows_meet_simulator import Driver


def test_post_is_found_until_it_is_deleted() -> None:
    driver = Driver()
    account = driver.connect()
    [live] = [said for said in driver.publish(account, text="Hello") if isinstance(said, Live)]
    assert driver.run(is_there(facts(account), live.uri, driver.settings))
    driver.run(unpublish(facts(account), [live.uri], driver.settings))
    assert not driver.run(is_there(facts(account), live.uri, driver.settings))


def test_server_without_the_repository_is_a_failure_and_not_a_missing_post() -> None:
    driver = Driver()
    account = driver.connect()
    elsewhere = replace(facts(account), platform_account_id="did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
    failure = failed(lambda: driver.run(is_there(elsewhere, "at://did/app.bsky.feed.post/3k", driver.settings)))
    assert failure.kind is not FailureKind.IN_DOUBT
