"""Reconciling a publish call without a reply."""

from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Absent, Effect, Found, Intent, Reply, Unknown
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.threads.api import publish_container
from letmepost.platforms.threads.reconcile import reconcile
from tests.platforms.threads.transcripts import (
    API,
    AWAY,
    NOW,
    SETTINGS,
    USER,
    image,
    ready,
    recorded,
    refusal,
    refused,
    status,
    video,
)

POST = ready("hello", thread=(ThreadPart(text="two"),), first_comment="comment")


def intent(step: str = "post") -> Intent:
    return Intent(publish_container(SETTINGS, USER, "1", step=step), NOW)


def ask(*replies: Reply | Exception, post: ReadyPost = POST, step: str = "post") -> Transcript[Any]:
    return play(reconcile(post, intent(step), SETTINGS), *replies)


def row(post_id: int, text: str = "hello", second: int = 2, media_type: str = "TEXT_POST") -> dict[str, str]:
    at = (NOW + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S+0000")
    return {"id": str(post_id), "text": text, "timestamp": at, "media_type": media_type}


def found(transcript: Transcript[Any]) -> str:
    result = transcript.value()
    assert isinstance(result, Found)
    assert result.reply.status == 200
    post_id = result.reply.data()["id"]
    assert isinstance(post_id, str)
    return post_id


def test_published_container_leads_to_the_post() -> None:
    transcript = ask(status("PUBLISHED"), recorded("recent"))
    assert found(transcript) == "18012345678901234"
    looked, listed = transcript.calls
    assert (looked.url, listed.url) == (f"{API}/1", f"{API}/{USER}/threads")
    assert dict(listed.query)["since"] == str(int(NOW.timestamp()) - 60)
    assert all(call.effect is Effect.READ for call in transcript.calls)


@pytest.mark.parametrize(("step", "text"), [("thread-1", "two"), ("comment", "comment")])
def test_reply_is_searched_among_the_replies(step: str, text: str) -> None:
    transcript = ask(status("PUBLISHED"), recorded("recent", data=[row(5), row(6, text)]), step=step)
    assert transcript.calls[1].url == f"{API}/{USER}/replies"
    assert found(transcript) == "6"


def test_reply_to_another_post_is_searched_among_the_replies() -> None:
    transcript = ask(status("PUBLISHED"), post=ready(options={"replyToId": "7"}))
    assert transcript.calls[1].url.endswith("/replies")


@pytest.mark.parametrize(
    ("post", "media_type"),
    [
        (ready(), "TEXT_POST"),
        (ready(media=(image(),)), "IMAGE"),
        (ready(media=(video(),)), "VIDEO"),
        (ready(media=(image(1), image(2))), "CAROUSEL_ALBUM"),
    ],
)
def test_same_text_of_another_kind_is_another_post(post: ReadyPost, media_type: str) -> None:
    kinds = ["TEXT_POST", "IMAGE", "VIDEO", "CAROUSEL_ALBUM"]
    rows = [row(number, media_type=kind) for number, kind in enumerate(kinds)]
    assert found(ask(status("PUBLISHED"), recorded("recent", data=rows), post=post)) == str(kinds.index(media_type))


def test_closest_in_time_of_several_matches_is_returned() -> None:
    rows = [row(1, second=50), row(2, second=3), row(3, second=-40), row(4, second=-61), row(5, "other", second=0)]
    assert found(ask(status("PUBLISHED"), recorded("recent", data=rows))) == "2"


def test_media_item_without_a_text_is_listed_without_one() -> None:
    listed = {name: value for name, value in row(9, media_type="IMAGE").items() if name != "text"}
    post = ready("", media=(image(),))
    assert found(ask(status("PUBLISHED"), recorded("recent", data=[listed]), post=post)) == "9"


@pytest.mark.parametrize(
    "rows",
    [[], [row(1, "other")], [{**row(1), "timestamp": "soon"}], [{**row(1), "id": ""}], ["hello"], [{}]],
)
def test_published_but_unlisted_post_is_searched_again_later(rows: list[object]) -> None:
    failure = refusal(ask(status("PUBLISHED"), recorded("recent", data=rows)))
    assert failure.kind is FailureKind.UNAVAILABLE


def test_finished_container_was_not_published() -> None:
    assert ask(status("FINISHED")).value() == Absent()


@pytest.mark.parametrize("name", ["IN_PROGRESS", "ERROR", "EXPIRED", "TOMORROW"])
def test_any_other_status_leaves_the_post_unknown(name: str) -> None:
    assert isinstance(ask(status(name)).value(), Unknown)


@pytest.mark.parametrize("response", [AWAY, refused(2, http=500), refused(4), refused(24, 4279009)])
def test_unavailable_platform_is_asked_again_later(response: Reply | Exception) -> None:
    refusal(ask(response))
    refusal(ask(status("PUBLISHED"), response))


@pytest.mark.parametrize(
    "response", [refused(190), refused(100, message="Tried accessing nonexisting field (status)"), refused(100, 33)]
)
def test_refused_status_read_leaves_the_post_unknown(response: Reply) -> None:
    assert isinstance(ask(response).value(), Unknown)
    assert isinstance(ask(status("PUBLISHED"), response).value(), Unknown)
