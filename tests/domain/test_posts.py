from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.posts import (
    TERMINAL,
    TRANSITIONS,
    UNSETTLED,
    BatchStatus,
    Cause,
    PostStatus,
    batch_status,
)

TABLE = """
new                                  -> draft          -                   settled
new draft                            -> queued         post.queued         settled if scheduled
queued retrying                      -> publishing     -                   waiting
publishing held unconfirmed          -> published      post.published      settled
publishing unconfirmed               -> partial        post.partial        settled
publishing queued                    -> rejected       post.rejected       settled
publishing                           -> retrying       post.retrying       waiting
publishing retrying queued held      -> failed         post.failed         settled
publishing queued retrying           -> held           post.held           settled
held                                 -> queued         post.queued         settled if scheduled
publishing held                      -> unconfirmed    post.unconfirmed    settled
publishing held                      -> awaiting_user  post.awaiting_user  settled
unconfirmed awaiting_user            -> published      post.published      settled
unconfirmed awaiting_user            -> failed         post.failed         settled
draft queued retrying held           -> canceled       post.canceled       settled
failed rejected partial canceled     -> queued         post.queued         settled if scheduled
"""
"""The documented transitions: from, to, event, and whether the response of a batch stops waiting."""

batches = st.lists(st.sampled_from(PostStatus), min_size=1, max_size=25)


def documented() -> Iterable[tuple[list[str], str, str | None, str]]:
    for line in TABLE.strip().splitlines():
        sources, _, rest = line.partition("->")
        target, event, settled = rest.split(maxsplit=2)
        yield sources.split(), target, None if event == "-" else event, settled


def reachable_from(start: PostStatus) -> set[PostStatus]:
    found, edge = {start}, {start}
    while edge:
        edge = {row.target for row in TRANSITIONS.values() if row.sources & edge} - found
        found |= edge
    return found


def test_transitions_match_the_documented_table() -> None:
    """A new post comes from no status, so its rows are not among the transitions."""
    expected = {(source, target, event) for sources, target, event, _ in documented() for source in sources}
    actual = {(str(source), str(row.target), row.event) for row in TRANSITIONS.values() for source in row.sources}
    assert actual == {row for row in expected if row[0] != "new"}


def test_unsettled_statuses_match_the_documented_table() -> None:
    waiting = {target for _, target, _, settled in documented() if settled != "settled"}
    assert waiting == {str(status) for status in UNSETTLED}


def test_every_cause_has_a_row() -> None:
    assert set(TRANSITIONS) == set(Cause)


def test_every_status_can_be_reached() -> None:
    """A post begins as a draft or as queued."""
    assert reachable_from(PostStatus.DRAFT) == set(PostStatus)
    assert reachable_from(PostStatus.QUEUED) == set(PostStatus) - {PostStatus.DRAFT}


@pytest.mark.parametrize("status", sorted(set(PostStatus) - TERMINAL))
def test_status_that_is_not_terminal_has_an_exit_that_ends_it(status: PostStatus) -> None:
    exits = {row.target for row in TRANSITIONS.values() if status in row.sources}
    assert exits - {status}
    assert exits & TERMINAL


def test_published_has_no_transition() -> None:
    """A post that followers have seen is never queued again, because it would be published twice."""
    assert not [cause for cause, row in TRANSITIONS.items() if PostStatus.PUBLISHED in row.sources]


def test_possibly_visible_post_is_not_queued_again() -> None:
    """`unconfirmed` and `awaiting_user` need a confirmation by a person or the platform first; `partial` resumes."""
    in_question = {PostStatus.UNCONFIRMED, PostStatus.AWAITING_USER}
    targets = {row.target for row in TRANSITIONS.values() if row.sources & in_question}
    assert targets == {PostStatus.PUBLISHED, PostStatus.PARTIAL, PostStatus.FAILED}


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_terminal_status_changes_only_by_a_person_or_the_platform(status: PostStatus) -> None:
    causes = {cause for cause, row in TRANSITIONS.items() if status in row.sources}
    by_persons = {Cause.RESOLVED_PUBLISHED, Cause.RESOLVED_NOT_PUBLISHED, Cause.RESOLVED_PARTLY}
    assert causes <= {Cause.RETRIED, *by_persons}


def test_event_is_named_after_its_status() -> None:
    for row in TRANSITIONS.values():
        assert row.event in (f"post.{row.target}", None)


def test_immediate_response_waits_for_statuses_that_a_worker_changes() -> None:
    assert {PostStatus.QUEUED, PostStatus.PUBLISHING, PostStatus.RETRYING} == UNSETTLED
    assert not UNSETTLED & TERMINAL


@pytest.mark.parametrize(
    ("statuses", "scheduled", "expected"),
    [
        # all are published
        ("published", False, "published"),
        ("published published", True, "published"),
        # failed: every post failed, was rejected or canceled
        ("failed", False, "failed"),
        ("rejected", True, "failed"),
        ("failed rejected", False, "failed"),
        ("failed rejected canceled", False, "failed"),
        ("failed canceled", True, "failed"),
        # canceled
        ("canceled canceled", True, "canceled"),
        # partial_failed: any other settled mix
        ("published failed", False, "partial_failed"),
        ("published rejected", True, "partial_failed"),
        ("published canceled", True, "partial_failed"),
        ("partial", False, "partial_failed"),
        ("unconfirmed", False, "partial_failed"),
        ("awaiting_user", False, "partial_failed"),
        ("unconfirmed failed", False, "partial_failed"),
        ("awaiting_user published", False, "partial_failed"),
        # held: nothing is running and at least one post is held
        ("held", False, "held"),
        ("held", True, "held"),
        ("held held", False, "held"),
        ("held published", False, "held"),
        ("held failed", True, "held"),
        ("held canceled", True, "held"),
        ("held unconfirmed", False, "held"),
        ("held queued", True, "held"),
        # queued, publishing: some are not finished
        ("queued queued", True, "queued"),
        ("queued canceled", True, "queued"),
        ("queued queued", False, "publishing"),
        ("queued canceled", False, "publishing"),
        ("queued publishing", True, "publishing"),
        ("queued published", True, "publishing"),
        ("retrying failed", False, "publishing"),
        ("retrying", True, "publishing"),
        ("held queued", False, "publishing"),
        ("held publishing", True, "publishing"),
        ("held retrying", False, "publishing"),
        ("draft published", False, "publishing"),
        # draft
        ("draft draft", False, "draft"),
        ("draft canceled", False, "draft"),
    ],
)
def test_batch_status_follows_from_its_posts(statuses: str, expected: str, *, scheduled: bool) -> None:
    assert batch_status(map(PostStatus, statuses.split()), scheduled=scheduled) == expected


@given(data=st.data(), statuses=batches, scheduled=st.booleans())
def test_batch_status_does_not_depend_on_order_or_number_of_posts(
    data: st.DataObject, statuses: list[PostStatus], *, scheduled: bool
) -> None:
    shuffled = data.draw(st.permutations(statuses + statuses[:3]))
    assert batch_status(shuffled, scheduled=scheduled) is batch_status(statuses, scheduled=scheduled)


@given(statuses=batches, scheduled=st.booleans())
def test_batch_is_published_only_when_every_post_is(statuses: list[PostStatus], *, scheduled: bool) -> None:
    status = batch_status(statuses, scheduled=scheduled)
    assert (status is BatchStatus.PUBLISHED) == (set(statuses) == {PostStatus.PUBLISHED})


@given(statuses=batches, scheduled=st.booleans())
def test_batch_is_failed_only_when_none_of_it_may_be_visible(statuses: list[PostStatus], *, scheduled: bool) -> None:
    status = batch_status(statuses, scheduled=scheduled)
    is_canceled = set(statuses) == {PostStatus.CANCELED}
    is_invisible = set(statuses) <= {PostStatus.FAILED, PostStatus.REJECTED, PostStatus.CANCELED}
    assert (status is BatchStatus.FAILED) == (is_invisible and not is_canceled)


@given(statuses=st.lists(st.sampled_from(sorted(TERMINAL)), min_size=1), scheduled=st.booleans())
def test_settled_batch_is_finished(statuses: list[PostStatus], *, scheduled: bool) -> None:
    assert batch_status(statuses, scheduled=scheduled) in {
        BatchStatus.PUBLISHED,
        BatchStatus.PARTIAL_FAILED,
        BatchStatus.FAILED,
        BatchStatus.CANCELED,
    }


@given(
    statuses=batches,
    unfinished=st.sampled_from(sorted(UNSETTLED | {PostStatus.HELD, PostStatus.DRAFT})),
    scheduled=st.booleans(),
)
def test_unsettled_batch_is_not_finished(
    statuses: list[PostStatus], unfinished: PostStatus, *, scheduled: bool
) -> None:
    assert batch_status([*statuses, unfinished], scheduled=scheduled) in {
        BatchStatus.DRAFT,
        BatchStatus.QUEUED,
        BatchStatus.PUBLISHING,
        BatchStatus.HELD,
    }


@given(statuses=batches, scheduled=st.booleans())
def test_batch_is_held_only_with_a_held_post_and_none_running(statuses: list[PostStatus], *, scheduled: bool) -> None:
    running = {PostStatus.PUBLISHING, PostStatus.RETRYING} | (set() if scheduled else {PostStatus.QUEUED})
    is_held = PostStatus.HELD in statuses and not running & set(statuses)
    assert (batch_status(statuses, scheduled=scheduled) is BatchStatus.HELD) == is_held
