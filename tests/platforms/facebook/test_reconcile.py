"""Reconciling a call without a reply, and reading a post back."""

from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Absent, Call, Effect, Found, Intent, Reply, Unknown
from letmepost.domain.playback import play
from letmepost.platforms._meta.calls import create
from letmepost.platforms.facebook.read_back import is_there
from letmepost.platforms.facebook.reconcile import reconcile
from letmepost.platforms.facebook.unpublish import unpublish
from tests.platforms.facebook.transcripts import (
    ACCOUNT,
    API,
    APP_ID,
    AWAY,
    ME,
    MISSING,
    NOW,
    PAGE,
    POST,
    SETTINGS,
    answered,
    ready,
    refused,
)

TEXT = {"message": "hello"}
PHOTOS = {"message": "hello", "attached_media[0]": '{"media_fbid": "1"}', "attached_media[1]": '{"media_fbid": "2"}'}
LINK = "https://example.com/a"


def call(form: dict[str, str], path: str = f"{PAGE}/feed", step: str = "post") -> Call:
    return create(SETTINGS, path, form, effect=Effect.PUBLISH, step=step)


def ask(lost: Call, *replies: Reply | Exception) -> Any:
    return play(reconcile(ready(), Intent(lost, NOW), SETTINGS), *replies).value()


def row(post_id: str = POST, *, second: int = 2, **fields: Any) -> dict[str, Any]:
    at = (NOW + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S+0000")
    return {"id": post_id, "message": "hello", "created_time": at, "application": {"id": APP_ID}, **fields}


def listed(*rows: object) -> Reply:
    return answered(data=list(rows))


def found(result: object) -> str:
    assert isinstance(result, Found)
    post_id: str = result.reply.data()["id"]
    return post_id


def test_photo_names_the_post_that_shows_it() -> None:
    assert found(ask(call(PHOTOS), answered(id="1", page_story_id=POST))) == POST
    assert isinstance(ask(call(PHOTOS), answered(id="1")), Absent)


def test_missing_photo_proves_nothing() -> None:
    assert isinstance(ask(call(PHOTOS), MISSING), Unknown)


def test_listed_text_is_found() -> None:
    [looked] = play(reconcile(ready(), Intent(call(TEXT), NOW), SETTINGS)).calls
    assert looked.url == f"{API}/{PAGE}/published_posts"
    assert found(ask(call(TEXT), listed(row()))) == POST


@pytest.mark.parametrize(
    "other",
    [
        row(message="Hello"),
        row(second=-61),
        row(application={"id": "9"}),
        row(created_time="soon"),
        {"message": "hello"},
        5,
    ],
)
def test_other_post_is_not_taken_for_a_lost_one(other: object) -> None:
    assert isinstance(ask(call(TEXT), listed(other)), Unknown)


def test_of_equal_posts_the_closest_in_time_is_found() -> None:
    rows = [row("9_3", second=50), row("9_1", second=1), row("9_2", second=-20)]
    assert found(ask(call(TEXT), listed(*rows))) == "9_1"


def test_text_is_found_without_its_application_and_with_other_spaces() -> None:
    changed = {**row(message=" hello\n"), "application": None}
    assert found(ask(call(TEXT), listed(changed))) == POST


@pytest.mark.parametrize(("shown", "is_found"), [(LINK, True), ("https://example.com/b", False), (None, False)])
def test_link_without_a_text_is_found_by_its_address(shown: str | None, *, is_found: bool) -> None:
    one = {**row(attachments={"data": [{"unshimmed_url": shown}]}), "message": None}
    assert isinstance(ask(call({"link": LINK}), listed(one)), Found) is is_found


def test_story_is_found_by_its_photo() -> None:
    lost = call({"photo_id": "1"}, f"{PAGE}/photo_stories")
    rows = ({"post_id": "87", "media_id": "2"}, {"post_id": "88", "media_id": "1"})
    assert ask(lost, listed(*rows)).reply.data() == {"success": True, "post_id": "88"}
    assert isinstance(ask(lost, listed(rows[0])), Unknown)


def test_comment_is_found_if_the_page_wrote_it() -> None:
    lost = call(TEXT, f"{POST}/comments", "comment")
    [looked] = play(reconcile(ready(), Intent(lost, NOW), SETTINGS)).calls
    assert looked.url == f"{API}/{POST}/comments"
    assert found(ask(lost, listed({**row("77_9"), "from": {"id": PAGE}}))) == "77_9"
    assert isinstance(ask(lost, listed({**row("77_9"), "from": {"id": "6"}})), Unknown)


@pytest.mark.parametrize("response", [AWAY, refused(2, http=500), refused(32), answered()])
@pytest.mark.parametrize("form", [TEXT, PHOTOS])
def test_look_up_is_repeated_later_when_facebook_is_unavailable(
    form: dict[str, str], response: Reply | Exception
) -> None:
    with pytest.raises(PlatformFailure) as caught:
        ask(call(form), response)
    assert caught.value.kind in {FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED}


def test_missing_post_is_gone_only_if_the_token_is_accepted() -> None:
    def look(*replies: Reply) -> bool:
        return play(is_there(ACCOUNT, POST, SETTINGS), *replies).value()

    assert look(answered(id=POST))
    assert not look(MISSING, ME)
    with pytest.raises(PlatformFailure) as caught:
        look(MISSING, refused(190, 463))
    assert caught.value.kind is FailureKind.AUTH_FAILED


def test_comment_is_deleted_before_its_post_and_a_missing_one_is_skipped() -> None:
    transcript = play(unpublish(ACCOUNT, [POST, "77_9"], SETTINGS), MISSING, answered(success=True))
    assert [(one.method, one.url) for one in transcript.calls] == [
        ("DELETE", f"{API}/77_9"),
        ("DELETE", f"{API}/{POST}"),
    ]
    assert transcript.error is None
