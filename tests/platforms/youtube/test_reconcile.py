"""Looking for what became of a call whose response was lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Absent, Call, Effect, Found, Intent, Reply, Unknown
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.youtube.api import add_captions, add_to_playlist, comment
from letmepost.platforms.youtube.options import YouTubeCaptions
from letmepost.platforms.youtube.reconcile import reconcile
from letmepost.platforms.youtube.upload import Session
from tests.doubles.media import video
from tests.platforms.youtube.transcripts import (
    ACCOUNT,
    API,
    AWAY,
    CHANNEL,
    NOW,
    SESSION,
    SETTINGS,
    UPLOADS,
    VIDEO,
    incomplete,
    listed,
    ready,
    refusal,
    refused,
    replied,
    uploaded,
)

SIZE = 5_000
LAST = Session(url=SESSION, item=video(), settings=SETTINGS, check_time=lambda _now: None, is_new=True).last_part()
GONE = replied(404, b"Not Found")
MUCH_LATER_S = 1_000.0
PLAYLIST = add_to_playlist(SETTINGS, "PL1", VIDEO, step="playlist")
COMMENT = comment(SETTINGS, VIDEO, "First!", step="comment")
CAPTIONS = add_captions(
    SETTINGS, VIDEO, YouTubeCaptions(language="en", name="English", text="a\r\n\r\nb"), "00ff", step="captions-1"
)


def ask(*replies: Reply | Exception, call: Call = LAST, **content: Any) -> Transcript[Any]:
    post = ready(**content)
    bare = replace(post.content, media=tuple(replace(item, facts=None) for item in post.content.media))
    return play(reconcile(replace(post, content=bare), Intent(call, NOW), SETTINGS), *replies)


def item(video_id: str = VIDEO, title: str = "A title") -> dict[str, Any]:
    return {"id": "UUx", "snippet": {"title": title}, "contentDetails": {"videoId": video_id}}


def shown(video_id: str = VIDEO, size: str | None = "5000", second: int = 5, title: str = "A title") -> dict[str, Any]:
    at = (NOW + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": video_id,
        "snippet": {"title": title, "publishedAt": at},
        "status": {"privacyStatus": "public"},
        "fileDetails": {} if size is None else {"fileSize": size},
    }


def found(transcript: Transcript[Any]) -> str:
    result = transcript.value()
    assert isinstance(result, Found)
    found_id = result.reply.data()["id"]
    assert isinstance(found_id, str)
    return found_id


def test_session_is_asked_first_and_its_reply_is_the_lost_one() -> None:
    transcript = ask(uploaded())
    assert found(transcript) == VIDEO
    [probe] = transcript.calls
    assert (probe.method, probe.url, probe.effect, probe.body, probe.step) == (
        "PUT",
        f"{UPLOADS}/videos",
        Effect.READ,
        b"",
        None,
    )
    assert dict(probe.headers) == {"Content-Range": "bytes */5000"}
    assert dict(probe.query)["upload_id"] == "AEnB2Us3cret"


@pytest.mark.parametrize("reply", [incomplete(), incomplete(SIZE - 2)])
def test_session_that_lacks_bytes_has_published_nothing(reply: Reply) -> None:
    assert ask(reply).value() == Absent()


@pytest.mark.parametrize(
    "reply", [AWAY, incomplete(SIZE - 1), replied(308, range="?"), replied(503), replied(429), replied(401)]
)
def test_session_is_asked_again_later_when_it_decides_nothing(reply: Reply | Exception) -> None:
    failure = refusal(ask(reply))
    assert failure.kind in {FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED, FailureKind.AUTH_FAILED}


def test_refused_question_leaves_the_video_unknown() -> None:
    assert isinstance(ask(replied(400)).value(), Unknown)


OTHER = "abcdefghijk"


@pytest.mark.parametrize("reply", [GONE, replied(410), replied(200), replied(200, b"<html>")])
def test_video_of_an_ended_session_is_found_among_the_uploads(reply: Reply) -> None:
    transcript = ask(reply, listed(item(OTHER), item()), listed(shown(OTHER, size="1", second=-99), shown()))
    assert found(transcript) == VIDEO
    _, uploads, videos = transcript.calls
    assert (uploads.url, dict(uploads.query)["playlistId"]) == (f"{API}/playlistItems", ACCOUNT.data["uploads"])
    assert (videos.url, dict(videos.query)) == (
        f"{API}/videos",
        {"part": "snippet,status,fileDetails", "id": f"{OTHER},{VIDEO}"},
    )


def test_list_of_uploads_has_a_known_id_when_it_is_not_stored() -> None:
    intent = Intent(LAST, NOW)
    post = replace(ready(), account=replace(ACCOUNT, data={}))
    transcript = play(reconcile(post, intent, SETTINGS), GONE, listed())
    assert dict(transcript.calls[1].query)["playlistId"] == ACCOUNT.data["uploads"]


@pytest.mark.parametrize("other", [{}, {"title": "Other"}, {"size": None}], ids=["same", "title", "size"])
def test_several_possible_videos_are_unknown(other: dict[str, Any]) -> None:
    videos = listed(shown(), shown(OTHER, **other), after_s=MUCH_LATER_S)
    assert isinstance(ask(GONE, listed(item(), item(OTHER)), videos).value(), Unknown)


@pytest.mark.parametrize("other", [{"size": "4999"}, {"second": -61}], ids=["size", "time"])
def test_other_video_is_not_taken_and_excludes_nothing(other: dict[str, Any]) -> None:
    rest = shown(**other)
    assert refusal(ask(GONE, listed(item()), listed(rest))).retry_at is not None
    assert ask(GONE, listed(item()), listed(rest, after_s=MUCH_LATER_S)).value() == Absent()


def test_video_of_the_same_size_with_another_title_is_not_taken_and_not_repeated() -> None:
    changed = listed(shown(title="A  title"), after_s=MUCH_LATER_S)
    assert isinstance(ask(GONE, listed(item()), changed).value(), Unknown)


def test_video_that_is_listed_but_cannot_be_read_is_unknown() -> None:
    assert isinstance(ask(GONE, listed(item()), listed(after_s=MUCH_LATER_S)).value(), Unknown)


@pytest.mark.parametrize(("second", "expected"), [(5, Unknown), (-61, Absent)])
def test_page_that_does_not_reach_back_to_the_request_proves_nothing(second: int, expected: type) -> None:
    ids = [f"video{number:06}" for number in range(50)]
    videos = [shown(one, size="1", second=5) for one in ids[:-1]] + [shown(ids[-1], size="1", second=second)]
    transcript = ask(GONE, listed(*map(item, ids)), listed(*videos, after_s=MUCH_LATER_S))
    assert isinstance(transcript.value(), expected)


def test_video_whose_size_is_not_shown_yet_is_unknown_only_after_ten_minutes() -> None:
    unsized = shown(size=None)
    assert refusal(ask(GONE, listed(item()), listed(unsized))).kind is FailureKind.UNAVAILABLE
    late = listed(unsized, after_s=MUCH_LATER_S)
    assert isinstance(ask(GONE, listed(item()), late).value(), Unknown)


def test_missing_video_is_uploaded_again_only_after_ten_minutes() -> None:
    failure = refusal(ask(GONE, listed()))
    assert failure.kind is FailureKind.UNAVAILABLE
    assert failure.retry_at is not None
    assert failure.retry_at >= NOW + timedelta(minutes=10)
    assert ask(GONE, listed(after_s=MUCH_LATER_S)).value() == Absent()


@pytest.mark.parametrize("reply", [AWAY, replied(500), refused(403, "quotaExceeded")])
def test_list_is_read_again_later_when_youtube_is_unavailable(reply: Reply | Exception) -> None:
    assert refusal(ask(GONE, reply)).kind in {FailureKind.UNAVAILABLE, FailureKind.QUOTA_EXHAUSTED}


def test_list_that_cannot_be_read_leaves_the_video_unknown() -> None:
    assert isinstance(ask(GONE, refused(404, "playlistNotFound")).value(), Unknown)


def thread(text: str = "First!", author: str = CHANNEL, name: str = "textOriginal") -> dict[str, Any]:
    top_level = {"snippet": {name: text, "authorChannelId": {"value": author}}}
    return {"id": "Ug1", "snippet": {"topLevelComment": top_level}}


def track(language: str = "en", name: str = "English") -> dict[str, Any]:
    return {"id": "cap1", "snippet": {"language": language, "name": name}}


@pytest.mark.parametrize(
    ("call", "row", "url"),
    [
        (COMMENT, thread(), f"{API}/commentThreads"),
        (COMMENT, thread(name="textDisplay"), f"{API}/commentThreads"),
        (PLAYLIST, {"id": "PLi", "contentDetails": {"videoId": VIDEO}}, f"{API}/playlistItems"),
        (CAPTIONS, track(), f"{API}/captions"),
    ],
)
def test_addition_is_found_in_its_list_and_not_repeated(call: Call, row: dict[str, Any], url: str) -> None:
    transcript = ask(listed(row), call=call)
    assert found(transcript) == row["id"]
    [read] = transcript.calls
    assert (read.url, read.effect) == (url, Effect.READ)
    assert VIDEO in dict(read.query).values()


@pytest.mark.parametrize(
    ("call", "row"),
    [
        (COMMENT, thread("Other")),
        (COMMENT, thread(author="UCother")),
        (PLAYLIST, {"id": "PLi", "contentDetails": {"videoId": "other123456"}}),
        (CAPTIONS, track("de")),
        (CAPTIONS, track(name="Other")),
    ],
)
def test_missing_addition_is_repeated_only_after_ten_minutes(call: Call, row: dict[str, Any]) -> None:
    assert refusal(ask(listed(row), call=call)).kind is FailureKind.UNAVAILABLE
    assert ask(listed(row, after_s=MUCH_LATER_S), call=call).value() == Absent()
