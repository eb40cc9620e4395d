"""The parts of an upload: the table of the protocol, and what TikTok reports about its progress."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.platforms.tiktok.chunks import ChunkPlan
from tests.platforms.tiktok.transcripts import replied

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("size", "chunk", "plan", "first", "last"),
    [
        (4_999_999, 32 * MILLION, (4_999_999, 1), 4_999_999, 4_999_999),
        (5 * MILLION, 32 * MILLION, (5 * MILLION, 1), 5 * MILLION, 5 * MILLION),
        (9_900_000, 10 * MILLION, (9_900_000, 1), 9_900_000, 9_900_000),
        (15 * MILLION, 10 * MILLION, (15 * MILLION, 1), 15 * MILLION, 15 * MILLION),
        (19_900_000, 10 * MILLION, (19_900_000, 1), 19_900_000, 19_900_000),
        (20 * MILLION, 10 * MILLION, (20 * MILLION, 1), 20 * MILLION, 20 * MILLION),
        (64 * MILLION, 32 * MILLION, (64 * MILLION, 1), 64 * MILLION, 64 * MILLION),
        (64_000_001, 32 * MILLION, (32 * MILLION, 2), 32 * MILLION, 32_000_001),
        (95_999_999, 32 * MILLION, (32 * MILLION, 2), 32 * MILLION, 63_999_999),
        (96 * MILLION, 32 * MILLION, (32 * MILLION, 3), 32 * MILLION, 32 * MILLION),
        (4_294_967_296, 32 * MILLION, (32 * MILLION, 134), 32 * MILLION, 38_967_296),
        (70 * MILLION, 10_485_760, (10_485_760, 6), 10_485_760, 17_571_200),
    ],
)
def test_file_is_divided_as_documented(size: int, chunk: int, plan: tuple[int, int], first: int, last: int) -> None:
    found = ChunkPlan.of(size, chunk)
    assert (found.chunk_bytes, found.count) == plan
    assert (found.lengths[0], found.lengths[-1]) == (first, last)


@given(size=st.integers(1, 4_294_967_296), chunk=st.integers(5_242_880, 32 * MILLION))
def test_every_plan_follows_the_rules_in_decimal_and_binary_megabytes(size: int, chunk: int) -> None:
    plan = ChunkPlan.of(size, chunk)
    assert sum(plan.lengths) == size
    assert len(plan.lengths) == plan.count <= 1000
    assert plan.count == size // plan.chunk_bytes
    if plan.count > 1:
        assert {*plan.lengths[:-1]} == {chunk}
        assert plan.lengths[-1] < 128 * MILLION
    else:
        assert plan.chunk_bytes == size <= 64 * MILLION


PLAN = ChunkPlan.of(80 * MILLION, 20 * MILLION)


@pytest.mark.parametrize(
    ("received", "offset"),
    [
        (0, 0),
        (20 * MILLION, 20 * MILLION),
        (20 * MILLION - 1, 20 * MILLION),
        (10 * MILLION, 10 * MILLION),
        (80 * MILLION - 1, 80 * MILLION),
        (80 * MILLION, 80 * MILLION),
    ],
)
def test_progress_is_a_count_or_the_last_position_of_a_part(received: int, offset: int) -> None:
    assert PLAN.offset_after(received) == offset
    assert PLAN.offset_in(replied(206, content_range=f"bytes 0-{received}/80000000")) == offset


def test_refused_range_states_the_progress() -> None:
    assert PLAN.offset_in(replied(416, content_range="bytes 0-20000000/80000000")) == 20 * MILLION


@pytest.mark.parametrize(
    ("status", "header"),
    [
        (206, ""),
        (206, "bytes */80000000"),
        (206, "bytes 0-20000000/90000000"),
        (206, "bytes 0-90000000/80000000"),
        (403, "bytes 0-20000000/80000000"),
        (503, "bytes 0-20000000/80000000"),
    ],
)
def test_other_replies_do_not_state_the_progress(status: int, header: str) -> None:
    assert PLAN.offset_in(replied(status, content_range=header)) is None
