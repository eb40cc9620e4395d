"""What became of a publication, or of a first comment, without a reply."""

from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Absent, Call, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.instagram.reconcile import reconcile
from tests.doubles.media import image
from tests.doubles.worker import Worker
from tests.platforms.instagram.suite import INSTAGRAM, STORY, TEXT
from tests.platforms.instagram.transcripts import API, HIDDEN, NOW, SETTINGS, URL, listed, ready, refused, row, status

PUBLISH = API.publish_container("1", step="post")
COMMENT = API.comment("5", "First", step="comment")
PUBLISHED = status("PUBLISHED")
AWAY = PlatformFailure(FailureKind.UNAVAILABLE, "No response.")


def look_up(*replies: Reply | Exception, post: ReadyPost | None = None, call: Call = PUBLISH) -> Transcript[Reconciled]:
    return play(reconcile(post or ready(), Intent(call, NOW), SETTINGS), *replies)


def found_id(done: Transcript[Reconciled]) -> object:
    found = done.value()
    assert isinstance(found, Found)
    return found.reply.data()["id"]


def kind_of(done: Transcript[Reconciled]) -> FailureKind:
    assert isinstance(done.error, PlatformFailure)
    return done.error.kind


def test_finished_container_was_not_published() -> None:
    done = look_up(status("FINISHED"))
    assert done.value() == Absent()
    assert [call.url for call in done.calls] == [f"{URL}/1"]


def test_published_container_is_bound_to_the_post_that_it_became() -> None:
    other, older = row(7, "newer, and not this one", after_s=30), row(4, after_s=-90)
    done = look_up(PUBLISHED, listed(other, row(5, after_s=1), older))
    assert found_id(done) == "5"
    listing = done.calls[-1]
    assert (listing.url, dict(listing.query)["since"]) == (
        f"{URL}/2500/media",
        str(int((NOW - timedelta(seconds=60)).timestamp())),
    )


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(5, "another text")],
        [row(5, media_type="CAROUSEL_ALBUM")],
        [row(5, after_s=-120)],
        [row(5, timestamp="soon")],
        [row(5) | {"id": "x"}],
    ],
)
def test_other_posts_are_never_bound(rows: list[dict[str, Any]]) -> None:
    assert kind_of(look_up(PUBLISHED, listed(*rows))) is FailureKind.UNAVAILABLE


def test_of_equal_posts_the_closest_in_time_is_bound() -> None:
    assert found_id(look_up(PUBLISHED, listed(row(9, after_s=400), row(5, after_s=2)))) == "5"


def test_carousel_and_story_are_found_by_their_kind() -> None:
    carousel = ready(media=(image(1), image(2)))
    assert found_id(look_up(PUBLISHED, listed(row(5, media_type="CAROUSEL_ALBUM")), post=carousel)) == "5"
    story = ready(**STORY)
    done = look_up(PUBLISHED, listed(row(6, "")), post=story)
    assert (found_id(done), done.calls[-1].url) == ("6", f"{URL}/2500/stories")


def test_caption_is_compared_as_instagram_shows_it() -> None:
    assert found_id(look_up(PUBLISHED, listed(row(5, "Cafe\u0301")), post=ready("  Caf\u00e9\n"))) == "5"


def test_post_is_found_on_the_list_when_its_container_cannot_be_read() -> None:
    assert found_id(look_up(HIDDEN, listed(row(5)))) == "5"
    assert kind_of(look_up(HIDDEN, listed())) is FailureKind.UNAVAILABLE


@pytest.mark.parametrize("name", ["EXPIRED", "ERROR"])
def test_failed_container_is_left_to_a_person_if_the_list_does_not_show_the_post(name: str) -> None:
    assert found_id(look_up(status(name), listed(row(5)))) == "5"
    assert isinstance(look_up(status(name), listed()).value(), Unknown)


@pytest.mark.parametrize(
    "replies",
    [
        [AWAY],
        [refused(2, http=500)],
        [refused(4, http=403)],
        [status("IN_PROGRESS")],
        [PUBLISHED, AWAY],
        [PUBLISHED, refused(2, http=500)],
    ],
)
def test_failed_look_up_is_made_again_later(replies: list[Reply | Exception]) -> None:
    assert kind_of(look_up(*replies)) in {FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED}


@pytest.mark.parametrize("replies", [[refused(190, 460)], [PUBLISHED, refused(10, http=403)], [PUBLISHED, HIDDEN]])
def test_refused_look_up_leaves_the_post_to_a_person(replies: list[Reply]) -> None:
    assert isinstance(look_up(*replies).value(), Unknown)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"id": "6", "text": "First", "username": "alice"}], "6"),
        ([{"id": "7", "text": "First", "username": "bob"}, {"id": "6", "text": "First "}], "6"),
        ([{"id": "7", "text": "First", "username": "bob"}], None),
        ([{"id": "7", "text": "Second", "username": "alice"}], None),
        ([], None),
    ],
)
def test_own_comment_is_found_by_its_text_and_a_missing_one_is_not_repeated(
    rows: list[dict[str, Any]], expected: str | None
) -> None:
    done = look_up(listed(*rows), call=COMMENT)
    assert done.calls[0].url == f"{URL}/5/comments"
    if expected is None:
        assert isinstance(done.value(), Unknown)
    else:
        assert found_id(done) == expected


def test_lost_post_is_found_among_later_posts() -> None:
    worker = Worker(platform=INSTAGRAM)
    post = worker.ready(worker.connect("timeout_after_publish"), **TEXT)
    intent = worker.lose(post)
    first = worker.posts()[0].uri
    for number in range(30):
        worker.advance(seconds=20)
        worker.lose(worker.ready(worker.account, **{**TEXT, "text": TEXT["text"] if number % 2 else str(number)}))
    found = worker.look_for(post, intent)
    assert isinstance(found, Found)
    assert found.reply.data()["id"] == first
