"""Checks of published posts against the simulator."""

from dataclasses import replace

from letmepost.domain.errors import FailureKind
from letmepost.platforms.bluesky import PLATFORM
from letmepost.platforms.bluesky.read_back import is_there
from tests.doubles.simulated import facts, failed
from tests.doubles.worker import Worker


def test_server_without_the_repository_is_a_failure_and_not_a_missing_post() -> None:
    driver = Worker(platform=PLATFORM)
    account = driver.connect()
    elsewhere = replace(facts(account), platform_account_id="did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
    failure = failed(lambda: driver.run(is_there(elsewhere, "at://did/app.bsky.feed.post/3k", driver.settings)))
    assert failure.kind is not FailureKind.IN_DOUBT
