"""Deleting published posts on every platform that can, and reading them back."""

from collections.abc import Callable

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Extra, Flow, Live, Part
from tests.doubles.client import WAYS
from tests.doubles.faults import Way
from tests.doubles.simulated import facts
from tests.doubles.worker import Worker
from tests.platforms.suite.description import PlatformSuite
from tests.platforms.suite.suites import each_suite_where


def published(suite: PlatformSuite) -> tuple[Worker, list[str]]:
    """Return a worker that has published two posts, and the URIs of everything that belongs to the second."""
    worker, posts = Worker(platform=suite.platform), suite.posts()
    account = worker.connect()
    worker.publish(account, **{**posts["text"], "text": "stays"})
    said = worker.publish(account, **(posts.get("thread") or posts.get("comment") or posts["text"]))
    return worker, list(dict.fromkeys(what.uri for what in said if isinstance(what, Live | Part | Extra)))


def unpublish(worker: Worker, uris: list[str]) -> Flow[None]:
    assert worker.platform.unpublish is not None
    return worker.platform.unpublish(facts(worker.account), uris, worker.settings)


@each_suite_where(lambda platform: platform.unpublish)
def test_unpublished_post_is_gone_and_can_be_unpublished_again(suite: PlatformSuite) -> None:
    worker, uris = published(suite)
    for _ in range(2):
        worker.run(unpublish(worker, uris))
        assert worker.visible() == ["stays"]


@each_suite_where(lambda platform: platform.unpublish)
def test_post_is_unpublished_when_any_request_is_lost(suite: PlatformSuite) -> None:
    base, uris = published(suite)
    undisturbed = base.copy()
    undisturbed.run(unpublish(undisturbed, uris))
    for number in range(len(undisturbed.calls)):
        for way in set(WAYS) - {Way.KILLED}:
            worker = base.copy(ways={number: way})
            _run_until_done(worker, lambda: unpublish(worker, uris))  # noqa: B023 - it is called in this turn
            assert worker.visible() == ["stays"], (number, way)


def _run_until_done(worker: Worker, flow: Callable[[], Flow[None]]) -> None:
    for _ in range(2):
        try:
            worker.run(flow())
        except PlatformFailure as failure:
            if failure.kind is not FailureKind.UNAVAILABLE:
                raise
        else:
            return
    raise AssertionError("it is never done")


@each_suite_where(lambda platform: platform.is_there and platform.unpublish)
def test_published_post_is_there_until_it_is_unpublished(suite: PlatformSuite) -> None:
    worker, uris = published(suite)
    assert suite.platform.is_there is not None
    account = facts(worker.account)
    assert worker.run(suite.platform.is_there(account, uris[0], worker.settings))
    worker.run(unpublish(worker, uris))
    assert not worker.run(suite.platform.is_there(account, uris[0], worker.settings))
