"""Publishing: text, media, carousels, options, threads, comments; and the effect of refusals."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.encoding import encode_call
from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import (
    Auth,
    Call,
    Effect,
    Extra,
    Flow,
    Forget,
    Instruction,
    Live,
    Part,
    Pause,
    Reply,
    Warn,
)
from letmepost.domain.playback import Transcript, first_calls, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.threads import PLATFORM
from letmepost.platforms.threads.publish import publish
from tests.doubles.transcripts import checkpoints
from tests.platforms.threads.transcripts import (
    API,
    AWAY,
    NOW,
    SETTINGS,
    USER,
    image,
    made,
    ready,
    recorded,
    refusal,
    refused,
    status,
    url,
    video,
)

NOT_YET = refused(24, 4279009, message="The requested resource does not exist", is_transient=False)
LINK = "https://www.threads.net/@alice/post/DAbc"
TEXT_FORM = {"media_type": "TEXT", "text": "hello"}
IMAGE_FORM = {"media_type": "IMAGE", "text": "hello", "image_url": url(1), "alt_text": "image 1"}


def run(post: ReadyPost, *replies: Reply | Exception) -> Transcript[None]:
    return play(publish(post, SETTINGS), *replies)


def forms(transcript: Transcript[None]) -> list[Any]:
    return [call.form for call in transcript.calls if call.form is not None]


def pauses(transcript: Transcript[None]) -> list[tuple[str, float]]:
    return [(said.step, said.seconds) for said in transcript.instructions if isinstance(said, Pause)]


def resumed(post: ReadyPost, *replies: Reply | Exception | None) -> tuple[list[Instruction], Exception | None]:
    """Run a flow past its pauses. A None among the replies lets a `Pause` give up, or accepts a `Forget`.

    Return its announcements, and how it ended.
    """
    flow, given = publish(post, SETTINGS), iter(replies)
    said: list[Instruction] = []
    try:
        said.append(next(flow))
        while True:
            said.append(_go_on(flow, said[-1], given))
    except StopIteration:
        return said, None
    except PlatformFailure as failure:
        return said, failure


def _go_on(flow: Flow[None], instruction: Instruction, given: Iterator[Reply | Exception | None]) -> Instruction:
    if not isinstance(instruction, Call | Pause | Forget):
        return next(flow)
    response = next(given)
    if isinstance(instruction, Pause):
        assert response is None
        return flow.throw(GaveUp(instruction.step, instruction.give_up_after_s))
    if isinstance(response, Exception):
        return flow.throw(response)
    return next(flow) if response is None else flow.send(response)


def ended(post: ReadyPost, *replies: Reply | Exception | None) -> PlatformFailure:
    """Return the failure of a flow that is run past its pauses."""
    _, failure = resumed(post, *replies)
    assert isinstance(failure, PlatformFailure)
    return failure


def test_text_is_a_container_that_is_published() -> None:
    container, published, seen = run(ready(), made(1), made(2)).calls
    assert container == Call(
        method="POST",
        url=f"{API}/{USER}/threads",
        form=TEXT_FORM,
        effect=Effect.PREPARE,
        step="post-container",
        auth=Auth.ACCOUNT,
        valid_for_s=82_800.0,
    )
    assert published == Call(
        method="POST",
        url=f"{API}/{USER}/threads_publish",
        form={"creation_id": "1"},
        effect=Effect.PUBLISH,
        step="post",
    )
    assert (seen.effect, seen.url) == (Effect.READ, f"{API}/2")


def test_post_is_live_when_published_with_the_link_of_threads() -> None:
    transcript = run(ready(), made(1), made(2), recorded("post"))
    assert transcript.error is None
    assert transcript.instructions[-1] == Live(uri="2", url=LINK)


@pytest.mark.parametrize("response", [recorded("container"), NOT_YET, refused(2, http=500)])
def test_late_link_is_waited_for_and_then_omitted(response: Reply) -> None:
    assert pauses(run(ready(), made(1), made(2), response)) == [("link", 1.0)]
    said, error = resumed(ready(), made(1), made(2), response, None)
    assert error is None
    assert said[-1] == Live(uri="2", url=None)


def test_failed_read_of_the_link_never_fails_the_post() -> None:
    said, error = resumed(ready(), made(1), made(2), AWAY)
    assert (error, said[-1]) == (None, Live(uri="2", url=None))


def test_every_option_is_a_parameter_of_the_first_container() -> None:
    options = {
        "replyToId": "77",
        "replyControl": "mentioned_only",
        "topicTag": "Bread",
        "quotePostId": "88",
        "linkAttachment": "https://example.com/a",
        "locationId": "12345",
        "shareToInstagram": True,
    }
    assert forms(run(ready(options=options))) == [
        {
            **TEXT_FORM,
            "reply_control": "mentioned_only",
            "topic_tag": "Bread",
            "quote_post_id": "88",
            "link_attachment": "https://example.com/a",
            "location_id": "12345",
            "crossreshare_to_ig": "true",
            "reply_to_id": "77",
        }
    ]


def test_text_attachment_is_json_with_offsets_in_utf16_units() -> None:
    attachment = {
        "text": "🎉 Łódź",
        "link": "https://example.com/a",
        "formatting": [{"offset": 2, "length": 4, "styles": ["bold", "italic"]}],
    }
    [form] = forms(run(ready(options={"textAttachment": attachment})))
    assert json.loads(form.pop("text_attachment")) == {
        "plaintext": "🎉 Łódź",
        "link_attachment_url": "https://example.com/a",
        "text_with_styling_info": [{"offset": 3, "length": 4, "styling_info": ["bold", "italic"]}],
    }
    assert form == TEXT_FORM
    [form] = forms(run(ready(options={"textAttachment": {"text": "more"}})))
    assert json.loads(form["text_attachment"]) == {"plaintext": "more"}


def test_spoilers_hide_parts_of_the_text_and_all_media_of_the_first_post() -> None:
    spoilers = {"text": [{"offset": 0, "length": 1}, {"offset": 2, "length": 3}], "media": True}
    post = ready("🎉 who", media=(image(1), image(2)), options={"spoilers": spoilers})
    replies = (made(1), made(2), status("FINISHED"), status("FINISHED"), made(3))
    *children, carousel = forms(run(post, *replies))
    assert json.loads(carousel["text_entities"]) == [
        {"entity_type": "SPOILER", "offset": 0, "length": 2},
        {"entity_type": "SPOILER", "offset": 3, "length": 3},
    ]
    assert carousel["is_spoiler_media"] == "true"
    assert not any("is_spoiler_media" in child for child in children)


def test_poll_is_json_in_a_parameter() -> None:
    [form] = forms(run(ready(options={"poll": {"options": ["Yes", "Nö", "Maybe"]}})))
    assert json.loads(form["poll_attachment"]) == {"option_a": "Yes", "option_b": "Nö", "option_c": "Maybe"}
    assert form["media_type"] == "TEXT"


def test_image_is_fetched_by_threads_and_waited_for() -> None:
    transcript = run(ready(media=(image(),)), made(1), status("IN_PROGRESS"))
    assert forms(transcript) == [IMAGE_FORM]
    assert transcript.calls[1].url == f"{API}/1"
    assert transcript.instructions[-1] == Pause("post-container", 2.0, 1800.0)
    done = run(ready(media=(image(),)), made(1), status("FINISHED"), made(2), recorded("post"))
    assert done.instructions[-1] == Live(uri="2", url=LINK)


@pytest.mark.parametrize(("age_s", "wait_s"), [(0, 2), (4, 2), (5, 5), (19, 5), (20, 15), (120, 60), (900, 60)])
def test_status_is_read_less_often_with_time(age_s: int, wait_s: float) -> None:
    processing = replace(status("IN_PROGRESS"), received_at=NOW + timedelta(seconds=age_s))
    assert pauses(run(ready(media=(video(),)), made(1), processing)) == [("post-container", wait_s)]


def test_video_needs_no_text_and_no_alt_text() -> None:
    assert forms(run(ready("", media=(video(),)))) == [{"media_type": "VIDEO", "video_url": url(9)}]


def test_carousel_is_created_from_ready_containers() -> None:
    post = ready(media=(image(1), video(2)))
    transcript = run(
        post, made(1), made(2), status("FINISHED"), status("FINISHED"), made(3), status("FINISHED"), made(4)
    )
    assert forms(transcript) == [
        {"media_type": "IMAGE", "is_carousel_item": "true", "image_url": url(1), "alt_text": "image 1"},
        {"media_type": "VIDEO", "is_carousel_item": "true", "video_url": url(2)},
        {"media_type": "CAROUSEL", "text": "hello", "children": "1,2"},
        {"creation_id": "3"},
    ]
    steps = [call.step for call in transcript.calls if call.step is not None]
    assert steps == ["post-medium-1", "post-medium-2", "post-container", "post"]
    waiting = run(post, made(1), made(2), status("FINISHED"), status("IN_PROGRESS"))
    assert pauses(waiting) == [("post-medium-2", 2.0)]


def test_thread_is_a_chain_of_replies_and_the_comment_replies_to_its_first_post() -> None:
    post = ready(
        "one",
        thread=(ThreadPart(text="two"), ThreadPart(text="", media=(image(),))),
        first_comment="comment",
        options={"topicTag": "Bread", "replyControl": "everyone"},
    )
    replies = (made(1), made(11), recorded("post"), made(2), made(12), made(3), status("FINISHED"), made(13))
    transcript = run(post, *replies, made(4), made(14))
    assert [said for said in transcript.instructions if not isinstance(said, Call)] == [
        Part(index=0, uri="11", url=LINK),
        Part(index=1, uri="12"),
        Part(index=2, uri="13"),
        Live(uri="11", url=LINK),
        Extra(name="firstComment", uri="14"),
    ]
    containers = [form for form in forms(transcript) if "media_type" in form]
    assert [form.get("reply_to_id") for form in containers] == [None, "11", "12", "11"]
    assert [("topic_tag" in form, "reply_control" in form) for form in containers] == [(True, True)] + [
        (False, False)
    ] * 3
    assert checkpoints(transcript.instructions) == [1, 1, 1, 0, 1, 0]
    assert [call.step for call in transcript.calls if call.effect is Effect.PUBLISH] == [
        "post",
        "thread-1",
        "thread-2",
        "comment",
    ]


def test_same_post_creates_the_same_calls() -> None:
    post = ready(media=(image(1), image(2)), options={"topicTag": "a"})
    replies = [made(1), made(2), status("FINISHED"), status("FINISHED"), made(3), status("FINISHED"), made(4)]
    first, second = (first_calls(publish(post, SETTINGS), replies) for _ in range(2))
    assert [encode_call(call) for call in first] == [encode_call(call) for call in second]


# Containers that fail


@pytest.mark.parametrize(
    ("error", "rule", "message"),
    [
        ("FAILED_DOWNLOADING_VIDEO", "threads.media.reachable", "Threads could not fetch a media item"),
        ("FAILED_PROCESSING_AUDIO", "threads.container.error", "its sound could not be converted (FAILED_"),
        ("FAILED_PROCESSING_VIDEO", "threads.container.error", "its pictures could not be converted (FAILED_"),
        ("UNKNOWN", "threads.container.error", "Threads could not use a media item: UNKNOWN."),
    ],
)
def test_failed_container_is_created_again_once(error: str, rule: str, message: str) -> None:
    post, bad = ready(media=(image(),)), status("ERROR", error_message=error)
    again = run(post, made(1), bad, made(2), status("FINISHED"))
    assert Forget("post-container") in again.instructions
    assert again.calls[-1].form == {"creation_id": "2"}
    failure = ended(post, made(1), bad, AWAY)
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, rule)
    assert message in failure.message


@pytest.mark.parametrize(
    "error",
    [
        "INVALID_ASPEC_RATIO",
        "INVALID_ASPECT_RATIO",
        "INVALID_BIT_RATE",
        "INVALID_DURATION",
        "INVALID_FRAME_RATE",
        "INVALID_AUDIO_CHANNELS",
        "INVALID_AUDIO_CHANNEL_LAYOUT",
    ],
)
def test_unusable_media_item_is_rejected_immediately(error: str) -> None:
    failure = refusal(run(ready(media=(video(),)), made(1), status("ERROR", error_message=error)))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "threads.container.error")
    assert failure.message.endswith(f" ({error}).")


def test_expired_container_is_created_again_and_nothing_was_published() -> None:
    post = ready(media=(image(),))
    again = run(post, made(1), status("EXPIRED"), made(2), status("FINISHED"))
    assert again.calls[-1].form == {"creation_id": "2"}
    failure = ended(post, made(1), status("EXPIRED"), AWAY)
    assert (failure.kind, failure.rule) == (FailureKind.UNAVAILABLE, "threads.container.expired")


def test_published_container_is_not_created_again() -> None:
    assert run(ready(media=(image(),)), made(1), status("PUBLISHED")).calls[-1].form == {"creation_id": "1"}


def test_container_that_is_not_ready_in_time_is_unavailable() -> None:
    failure = ended(ready(media=(image(),)), made(1), status("IN_PROGRESS"), None)
    assert isinstance(failure, GaveUp)


# Containers that are refused


@pytest.mark.parametrize(
    ("response", "post", "step", "rule"),
    [
        (NOT_YET, ready(options={"replyToId": "7"}), "post-container-refused", "threads.reference.not_found"),
        (
            refused(9004, 2207052, message="The media could not be fetched from this URI"),
            ready(media=(image(),)),
            "post-container-refused",
            "threads.media.reachable",
        ),
    ],
)
def test_temporary_refusal_is_waited_out_before_it_is_final(
    response: Reply, post: ReadyPost, step: str, rule: str
) -> None:
    [(name, _)] = pauses(run(post, response))
    assert name == step
    failure = ended(post, response, None)
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, rule)


def test_carousel_is_waited_out_when_its_media_are_not_ready() -> None:
    post = ready(media=(image(1), image(2)))
    replies = (made(1), made(2), status("FINISHED"), status("FINISHED"), refused(100, 4279004))
    assert pauses(run(post, *replies)) == [("post-container-refused", 10.0)]
    failure = ended(post, *replies, None)
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "threads.container.error")


def test_refused_container_publishes_nothing() -> None:
    failure = refusal(run(ready(), refused(100, message="Param text must be at most 500 characters long.")))
    assert failure.kind is FailureKind.REJECTED
    assert "at most 500" in failure.message


# Publishing that is refused


@pytest.mark.parametrize("state", ["FINISHED", "IN_PROGRESS"])
def test_container_that_is_not_known_yet_is_published_later(state: str) -> None:
    transcript = run(ready(), made(1), NOT_YET, status(state))
    assert transcript.instructions[-1] == Pause("post-publish", 10.0, 300.0)
    failure = ended(ready(), made(1), NOT_YET, status(state), None)
    assert isinstance(failure, GaveUp)


@pytest.mark.parametrize("state", ["ERROR", "EXPIRED"])
def test_container_that_failed_before_publishing_is_created_again_once(state: str) -> None:
    transcript = run(ready(), made(1), NOT_YET, status(state), made(3), made(4), recorded("post"))
    assert Forget("post-container") in transcript.instructions
    assert transcript.instructions[-1] == Live(uri="4", url=LINK)
    failure = ended(ready(), made(1), NOT_YET, status(state), AWAY)
    assert failure.rule == {"ERROR": "threads.container.error", "EXPIRED": "threads.container.expired"}[state]


@pytest.mark.parametrize("response", [NOT_YET, refused(100, message="The container has been published already.")])
def test_container_that_was_already_published_is_found(response: Reply) -> None:
    transcript = run(ready(), made(1), response, status("PUBLISHED"), recorded("recent"), recorded("post"))
    assert transcript.instructions[-1] == Live(uri="18012345678901234", url=LINK)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (refused(100), FailureKind.REJECTED),
        (refused(100, 4279013), FailureKind.REJECTED),
        (refused(4, 2207051), FailureKind.REJECTED),
        (refused(506), FailureKind.DUPLICATE),
        (refused(368), FailureKind.REJECTED),
    ],
)
def test_refused_post_is_final_when_the_container_is_not_published(response: Reply, kind: FailureKind) -> None:
    assert refusal(run(ready(), made(1), response, status("FINISHED"))).kind is kind


@pytest.mark.parametrize(
    ("response", "kind", "said"),
    [
        (refused(4, 2207051), FailureKind.REJECTED, "restricted"),
        (refused(506), FailureKind.DUPLICATE, "same content"),
        (NOT_YET, FailureKind.UNAVAILABLE, "cannot find the post"),
    ],
)
def test_refused_status_read_does_not_decide_the_post(response: Reply, kind: FailureKind, said: str) -> None:
    """A published id has no status: the read is refused with code 100, which says nothing about the post."""
    failure = refusal(run(ready(), made(1), response, refused(100, message="nonexisting field (status)")))
    assert failure.kind is kind
    assert said in failure.message


def test_temporarily_unreadable_status_is_read_again() -> None:
    assert refusal(run(ready(), made(1), refused(100), AWAY)) is AWAY
    assert refusal(run(ready(), made(1), refused(100), refused(190))).kind is FailureKind.AUTH_FAILED


def test_invalid_token_is_reported_immediately() -> None:
    assert refusal(run(ready(), made(1), refused(190, 463))).kind is FailureKind.AUTH_FAILED


def test_success_without_an_id_leaves_the_post_in_doubt() -> None:
    assert refusal(run(ready(), made(1), recorded("container", id=None))).kind is FailureKind.IN_DOUBT


# Limits


@pytest.mark.parametrize("code", [4, 17, 32, 613])
@pytest.mark.parametrize("at", ["container", "publish"])
def test_rate_limit_is_distinguished_from_a_used_up_daily_quota(code: int, at: str) -> None:
    before = () if at == "container" else (made(1),)
    full = recorded("quota", data=[{"quota_usage": 250, "config": {"quota_total": 250}}])
    transcript = run(ready(), *before, refused(code, http=403), full)
    assert transcript.calls[-1].url == f"{API}/{USER}/threads_publishing_limit"
    assert transcript.calls[-1].query == (("fields", "quota_usage,config"),)
    failure = refusal(transcript)
    assert (failure.kind, failure.rule) == (FailureKind.QUOTA_EXHAUSTED, "threads.quota.day")
    assert failure.retry_at is None
    assert PLATFORM.resets is not None
    assert PLATFORM.resets(NOW) == NOW + timedelta(hours=1)
    for quota in (recorded("quota"), refused(4), recorded("quota", data=[]), AWAY):
        failure = refusal(run(ready(), *before, refused(code, http=403), quota))
        assert (failure.kind, failure.retry_at) == (FailureKind.RATE_LIMITED, NOW + timedelta(hours=1))


def test_replies_have_a_separate_quota() -> None:
    full = recorded("quota", data=[{"reply_quota_usage": 1000, "reply_config": {"quota_total": 1000}}])
    transcript = run(ready(options={"replyToId": "7"}), refused(4), full)
    assert transcript.calls[-1].query == (("fields", "reply_quota_usage,reply_config"),)
    assert "1000 replies" in refusal(transcript).message


# Shares to Instagram

SHARED = ready(options={"shareToInstagram": True, "topicTag": "a"})
UNSHARED_FORM = {**TEXT_FORM, "topic_tag": "a"}


def warned(transcript: Transcript[None]) -> list[str]:
    return [said.code for said in transcript.instructions if isinstance(said, Warn)]


def test_shared_post_has_no_warning_when_threads_confirms_the_share() -> None:
    transcript = run(
        SHARED, made(1), recorded("container", id="2", crossreshare_to_ig_status="SUCCESS"), recorded("post")
    )
    assert transcript.instructions[-1] == Live(uri="2", url=LINK)
    assert warned(transcript) == []


@pytest.mark.parametrize(
    "replies",
    [
        (recorded("container", id="18012345678901234", crossreshare_to_ig_status="FAILED"),),
        (recorded("container", id="18012345678901234"),),
        (refused(100), status("PUBLISHED"), recorded("recent")),
    ],
)
def test_post_is_published_with_a_warning_when_the_share_is_not_confirmed(replies: tuple[Reply, ...]) -> None:
    transcript = run(SHARED, made(1), *replies, recorded("post"))
    assert transcript.instructions[-1] == Live(uri="18012345678901234", url=LINK)
    assert warned(transcript) == ["threads.share_to_instagram.unconfirmed"]


@pytest.mark.parametrize("response", [refused(100, 4279044), refused(10, http=403)])
def test_post_is_published_unshared_when_threads_refuses_the_share(response: Reply) -> None:
    transcript = run(SHARED, response, made(1), made(2), recorded("post"))
    assert forms(transcript) == [{**UNSHARED_FORM, "crossreshare_to_ig": "true"}, UNSHARED_FORM, {"creation_id": "1"}]
    assert transcript.instructions[-1] == Live(uri="2", url=LINK)
    assert warned(transcript) == ["threads.share_to_instagram.unconfirmed"]


def test_post_is_prepared_again_unshared_when_threads_refuses_the_share_as_it_is_published() -> None:
    transcript = run(SHARED, made(1), refused(100, 4279044), status("FINISHED"), made(2), made(3), recorded("post"))
    assert forms(transcript)[2:] == [UNSHARED_FORM, {"creation_id": "2"}]
    assert transcript.instructions[-1] == Live(uri="3", url=LINK)
    assert warned(transcript) == ["threads.share_to_instagram.unconfirmed"]


def test_post_is_not_published_unshared_while_the_shared_one_may_be_visible() -> None:
    transcript = run(SHARED, made(1), refused(100, 4279044), refused(100, 33))
    assert refusal(transcript).kind is FailureKind.REJECTED
    assert [call.effect for call in transcript.calls] == [Effect.PREPARE, Effect.PUBLISH, Effect.READ]


def test_permission_that_the_unshared_post_lacks_too_is_reported() -> None:
    failure = refusal(run(SHARED, refused(10), refused(10)))
    assert (failure.kind, failure.rule) == (FailureKind.AUTH_FAILED, None)


@pytest.mark.parametrize("share", [False, True])
def test_post_with_a_location_that_the_permissions_do_not_cover_is_rejected(*, share: bool) -> None:
    post = ready(options={"locationId": "5", "shareToInstagram": share})
    failure = refusal(run(post, *[refused(10, http=403)] * (1 + share)))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "threads.location.permission")


def test_share_of_a_post_that_is_refused_for_another_reason_is_not_given_up() -> None:
    transcript = run(SHARED, refused(2, http=500))
    assert refusal(transcript).kind is FailureKind.UNAVAILABLE
    assert len(transcript.calls) == 1


# Extras


def test_refused_comment_is_a_warning() -> None:
    post = ready(first_comment="and more")
    transcript = run(post, made(1), made(2), recorded("post"), refused(100))
    assert transcript.error is None
    [warning] = [said for said in transcript.instructions if isinstance(said, Warn)]
    assert warning.code == "threads.first_comment.refused"


def test_comment_that_fails_temporarily_is_retried() -> None:
    post = ready(first_comment="and more")
    assert refusal(run(post, made(1), made(2), recorded("post"), AWAY)).kind is FailureKind.UNAVAILABLE
