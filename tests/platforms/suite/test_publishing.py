"""Posts of every platform, from the request to what followers see, whatever happens to requests and processes."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.flow import Effect, Extra, Live, Part, Warn
from letmepost.platforms.simulation import SimulatedPost
from tests.doubles.client import WAYS
from tests.doubles.faults import Way
from tests.doubles.simulated import facts, failed
from tests.doubles.worker import Worker
from tests.platforms.suite.description import Content, PlatformSuite, texts_of
from tests.platforms.suite.suites import each_example, each_scenario, each_scenario_without_failures, each_suite


def connected(suite: PlatformSuite, scenario: str = "ok") -> Worker:
    worker = Worker(platform=suite.platform)
    worker.connect(scenario)
    return worker


def work(worker: Worker, content: Content) -> str:
    """Publish a post of the connected account, and return its final status."""
    return worker.work(worker.ready(worker.account, **content))


def seen(worker: Worker) -> list[SimulatedPost]:
    """Return what followers see when the platform shows everything that it has accepted."""
    worker.advance(hours=1)
    return worker.posts()


@each_scenario
def test_scenario_ends_as_documented(suite: PlatformSuite, scenario: str) -> None:
    ending = suite.ending(scenario)
    worker = Worker(platform=suite.platform)
    if ending.status is None:
        assert failed(lambda: worker.connect(scenario)).kind is ending.kind
        return
    worker.connect(scenario)
    content = suite.posts()[ending.example]
    assert work(worker, content) == ending.status
    expected = texts_of(content) if ending.status == "published" else []
    assert [post.text for post in seen(worker) if post.text in texts_of(content)] == expected
    first = worker.failures[0] if worker.failures else None
    assert (None if first is None else first.kind) is ending.kind
    if first is not None:
        assert (first.rule or None, first.scope) == (ending.rule or first.rule or None, ending.scope)
        assert (first.retry_at is not None) == ending.states_retry_time


@each_scenario_without_failures
def test_every_kind_of_post_is_published_in_scenarios_without_failures(suite: PlatformSuite, scenario: str) -> None:
    base = connected(suite, scenario)
    for content in suite.posts().values():
        worker = base.copy()
        assert work(worker, content) == "published"
        assert [post.text for post in seen(worker)] == texts_of(content)


@each_example
def test_post_is_announced_as_followers_see_it(suite: PlatformSuite, name: str) -> None:
    content, worker = suite.posts()[name], connected(suite)
    assert work(worker, content) == "published"
    posts = seen(worker)
    assert [post.text for post in posts] == texts_of(content)
    assert {post.account_id for post in posts} <= set(suite.platform.authors(facts(worker.account)))
    _check_order(worker, posts, has_comment="first_comment" in content)
    live = next(what for what in worker.announced if isinstance(what, Live))
    assert live.uri == posts[0].uri
    assert worker.failures == []


def _check_order(worker: Worker, posts: Sequence[SimulatedPost], *, has_comment: bool) -> None:
    """Check that each part replies to the one before, and the first comment to the first, and their announcements."""
    parts = posts[:-1] if has_comment else posts
    assert all(below.reply_to == above.uri for above, below in pairwise(parts))
    reported = [(what.index, what.uri) for what in worker.announced if isinstance(what, Part)]
    assert reported == [(index, post.uri) for index, post in enumerate(parts) if len(parts) > 1]
    assert not any(isinstance(what, Warn) for what in worker.announced)
    if has_comment:
        comment, last = posts[-1], worker.announced[-1]
        assert comment.reply_to == parts[0].uri
        assert isinstance(last, Extra)
        assert (last.name, last.uri) == ("firstComment", comment.uri)


@each_example
def test_post_is_published_once_when_any_request_is_lost(suite: PlatformSuite, name: str) -> None:
    content, base = suite.posts()[name], connected(suite)
    undisturbed = base.copy()
    assert work(undisturbed, content) == "published"
    for number, (call, reply) in enumerate(zip(undisturbed.calls, undisturbed.replies, strict=True)):
        for way in WAYS:
            worker = base.copy(ways={number: way})
            status = work(worker, content)
            is_in_doubt = call.effect is Effect.PUBLISH and way is not Way.NOT_SENT
            is_executed = reply.ok and way is not Way.LOST_BEFORE
            is_unproven = suite.may_be_unproven(name, str(call.step)) and not is_executed
            if is_in_doubt and (name in suite.unrecognized or is_unproven):
                assert status == ("published" if worker.is_live else "unconfirmed")
                _check_truth(worker, content, status)
                assert is_executed or len(worker.posts()) < len(texts_of(content)), "it must not be repeated"
            else:
                visible = [post.text for post in seen(worker)]
                assert (status, visible) == ("published", texts_of(content)), (call.step or call.url, way)


@each_example
def test_post_is_published_once_when_the_process_crashes_after_any_instruction(suite: PlatformSuite, name: str) -> None:
    content, base = suite.posts()[name], connected(suite)
    undisturbed = base.copy()
    assert work(undisturbed, content) == "published"
    for number in range(1, len(undisturbed.seen) + 1):
        worker = base.copy(dies_after=number)
        assert work(worker, content) == "published", number
        assert [post.text for post in seen(worker)] == texts_of(content), number


@each_suite
@given(
    ways=st.dictionaries(st.integers(0, 25), st.sampled_from(WAYS), max_size=6),
    dies_after=st.none() | st.integers(1, 25),
)
def test_post_is_published_once_and_reported_truthfully_after_any_faults(
    suite: PlatformSuite, ways: dict[int, Way], dies_after: int | None
) -> None:
    posts = suite.posts()
    content = posts.get("thread") or posts.get("comment") or posts["text"]
    worker = connected(suite).copy(ways=ways, dies_after=dies_after)
    _check_truth(worker, content, work(worker, content))


def _check_truth(worker: Worker, content: Content, status: str) -> None:
    """Check that nothing is published twice, and that the status is true of what followers see."""
    texts, visible = texts_of(content), [post.text for post in seen(worker)]
    assert visible == [text for text in texts if text in visible], (visible, status)
    assert status in {"published", "partial", "unconfirmed", "failed"}, worker.failures
    if status == "failed":
        assert visible == []
    if status == "published":
        required = texts[:-1] if "first_comment" in content else texts
        assert visible[: len(required)] == required
