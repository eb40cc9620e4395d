"""Publishing: forms, containers, options and comments; and the effect of refusals."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Effect, Extra, Flow, Forget, Instruction, Live, Pause, Reply, Upload, Warn
from letmepost.domain.playback import play
from letmepost.domain.received import Checksum
from letmepost.domain.sandbox_pages import post_path
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.instagram.publish import publish
from tests.doubles.media import STARTS, image, video
from tests.doubles.simulated import failed
from tests.doubles.worker import Worker
from tests.platforms.instagram.suite import FACEBOOK, INSTAGRAM, STORY, TEXT, poll
from tests.platforms.instagram.transcripts import (
    FACEBOOK_URL,
    HIDDEN,
    SETTINGS,
    URL,
    WITH_FACEBOOK,
    listed,
    made,
    ok,
    ready,
    refused,
    row,
    status,
    url,
)

AWAY = PlatformFailure(FailureKind.UNAVAILABLE, "No response.")
BLOCKED = refused(4, 2207051, http=403)
NOT_READY = refused(9007, 2207027)
UNKNOWN = refused(24, 2207008)
LINKED = ok(id="5", permalink="https://www.instagram.com/p/C1/")
QUOTA = ok(data=[{"quota_usage": 1}])
PREPARED = (made(1), status())


def run(post: ReadyPost, *replies: Reply | Exception | None) -> tuple[list[Instruction], Exception | None]:
    """Run a flow past its pauses. A None among the replies lets a `Pause` give up, or accepts a `Forget`.

    Return its instructions, and how it ended.
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


def _go_on(flow: Flow[None], last: Instruction, given: Iterator[Reply | Exception | None]) -> Instruction:
    if isinstance(last, Live | Extra | Warn):
        return next(flow)
    answer = next(given)
    if isinstance(last, Pause):
        return flow.throw(GaveUp(last.step, last.give_up_after_s)) if answer is None else flow.throw(_Paused())
    if answer is None:
        assert isinstance(last, Forget)
        return next(flow)
    return flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)


class _Paused(PlatformFailure):
    def __init__(self) -> None:
        super().__init__(FailureKind.UNAVAILABLE, "The run ends here.")


def forms(said: list[Instruction]) -> list[Any]:
    return [call.form for call in said if isinstance(call, Call) and call.form is not None]


def failure_of(ended: Exception | None) -> tuple[FailureKind, str | None]:
    assert isinstance(ended, PlatformFailure)
    return ended.kind, ended.rule


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, {"caption": "hello", "image_url": url(1)}),
        ({"text": " \n"}, {"image_url": url(1)}),
        ({"media": (image(alt_text="A cat"),)}, {"caption": "hello", "image_url": url(1), "alt_text": "A cat"}),
        (
            {"text": "", "media": (image(),), "options": {"kind": "story", "userTags": [{"username": "@bob"}]}},
            {"media_type": "STORIES", "image_url": url(1), "user_tags": '[{"username": "bob"}]'},
        ),
        (
            {
                "options": {
                    "collaborators": [" @alice ", "bob"],
                    "userTags": [{"username": "@carol", "x": 0, "y": 0.5}],
                    "locationId": "7",
                    "isAiGenerated": True,
                }
            },
            {
                "caption": "hello",
                "image_url": url(1),
                "user_tags": '[{"username": "carol", "x": 0.0, "y": 0.5}]',
                "collaborators": '["alice", "bob"]',
                "location_id": "7",
                "is_ai_generated": "true",
            },
        ),
        ({"media": (video(1),)}, {"caption": "hello", "media_type": "REELS", "video_url": url(1)}),
        (
            {"text": "", "media": (video(1),), "options": {"kind": "story"}},
            {"media_type": "STORIES", "video_url": url(1)},
        ),
        (
            {
                "media": (video(1),),
                "options": {
                    "kind": "reel",
                    "coverUrl": "https://example.com/a.jpg",
                    "shareToFeed": False,
                    "trialParams": {"graduationStrategy": "MANUAL"},
                    "userTags": [{"username": "bob"}],
                },
            },
            {
                "caption": "hello",
                "media_type": "REELS",
                "video_url": url(1),
                "user_tags": '[{"username": "bob"}]',
                "cover_url": "https://example.com/a.jpg",
                "share_to_feed": "false",
                "trial_params": '{"graduation_strategy": "MANUAL"}',
            },
        ),
        (
            {"options": {"poll": {"options": ["Ja", "Nö"]}}},
            {
                "caption": "hello",
                "image_url": url(1),
                "poll_attachment": '{"option_a": "Ja", "option_b": "Nö"}',
            },
        ),
        (
            {"options": {"commentPrompt": True}},
            {"caption": "hello", "image_url": url(1), "is_comment_prompt_used": "true"},
        ),
    ],
)
def test_container_has_the_documented_parameters(content: dict[str, Any], expected: dict[str, str]) -> None:
    [call] = play(publish(ready(**content), SETTINGS)).calls
    assert (call.method, call.url, call.form) == ("POST", f"{URL}/2500/media", expected)
    assert (call.effect, call.step, call.valid_for_s) == (Effect.PREPARE, "post-container", 23 * 3600)


def test_carousel_has_one_container_for_each_image_and_one_for_the_post() -> None:
    options = {
        "collaborators": ["@alice"],
        "userTags": [
            {"username": "@bob", "x": 0.1, "y": 0.2, "mediaIndex": 1},
            {"username": "carol", "x": 1, "y": 1},
        ],
    }
    post = ready(media=(image(1), image(2, alt_text="A cat")), options=options)
    said, ended = run(post, made(1), made(2), status(), status(), made(3), status(), made(5), LINKED, QUOTA)
    assert ended is None
    carol, bob = ([{"username": "carol", "x": 1.0, "y": 1.0}], [{"username": "bob", "x": 0.1, "y": 0.2}])
    assert forms(said) == [
        {"is_carousel_item": "true", "image_url": url(1), "user_tags": json.dumps(carol)},
        {"is_carousel_item": "true", "image_url": url(2), "alt_text": "A cat", "user_tags": json.dumps(bob)},
        {"caption": "hello", "media_type": "CAROUSEL", "children": "1,2", "collaborators": '["alice"]'},
        {"creation_id": "3"},
    ]


def test_carousel_has_images_and_videos_in_their_order() -> None:
    post = ready(media=(image(1), video(2)))
    said, ended = run(post, made(1), made(2), status(), status(), made(3), status(), made(5), LINKED, QUOTA)
    assert ended is None
    assert forms(said)[:3] == [
        {"is_carousel_item": "true", "image_url": url(1)},
        {"is_carousel_item": "true", "media_type": "VIDEO", "video_url": url(2)},
        {"caption": "hello", "media_type": "CAROUSEL", "children": "1,2"},
    ]


def test_bytes_of_a_video_are_sent_with_page_login() -> None:
    uri = "https://rupload.facebook.com/ig-api-upload/v26.0/1"
    said, ended = run(
        ready(account=WITH_FACEBOOK, media=(video(1),)),
        ok(id="1", uri=uri),
        ok(success=True),
        status(),
        made(5),
        LINKED,
        QUOTA,
    )
    assert ended is None
    assert forms(said)[0] == {"caption": "hello", "media_type": "REELS", "upload_type": "resumable"}
    [upload] = [what for what in said if isinstance(what, Upload)]
    assert (upload.step, upload.is_new, upload.part(0).url) == ("post-container-bytes", True, uri)
    assert upload.probe is not None
    assert dict(upload.probe.query) == {"fields": "id,video_status"}


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        *((uri, None) for uri in (None, "", 5)),
        ("http://rupload.facebook.com/1", "instagram.upload.host"),
        ("https://rupload.facebook.com.example/1", "instagram.upload.host"),
        ("https://a/1", "instagram.upload.host"),
    ],
)
def test_token_is_never_sent_to_another_upload_host(uri: object, rule: str | None) -> None:
    said, ended = run(ready(account=WITH_FACEBOOK, media=(video(1),)), ok(id="1", uri=uri))
    assert failure_of(ended) == (FailureKind.UNAVAILABLE, rule)
    assert not any(isinstance(what, Upload) for what in said)


def test_account_with_page_login_uses_its_host_and_its_permanent_id() -> None:
    calls = play(publish(ready(account=WITH_FACEBOOK), SETTINGS), *PREPARED).calls
    assert [call.url for call in calls] == [
        f"{FACEBOOK_URL}/17841400000000001/media",
        f"{FACEBOOK_URL}/1",
        f"{FACEBOOK_URL}/17841400000000001/media_publish",
    ]


def test_media_are_fetched_by_a_url_in_ascii() -> None:
    [call] = play(publish(ready(), SETTINGS)).calls
    assert (call.form or {})["image_url"].isascii()


@pytest.mark.parametrize("link", [HIDDEN, AWAY, ok(id="5"), refused(2, http=500)])
def test_post_without_a_readable_link_is_live(link: Reply | Exception) -> None:
    said, ended = run(ready(), *PREPARED, made(5), link, QUOTA)
    assert ended is None
    assert Live(uri="5", url=None) in said


@pytest.mark.parametrize("quota", [HIDDEN, AWAY, refused(190)])
def test_unreadable_quota_does_not_fail_a_published_post(quota: Reply | Exception) -> None:
    assert run(ready(), *PREPARED, made(5), LINKED, quota)[1] is None


def test_comment_asks_for_no_fields() -> None:
    said, _ = run(ready(first_comment="First"), *PREPARED, made(5), LINKED, QUOTA, made(6))
    call = next(call for call in said if isinstance(call, Call) and call.step == "comment")
    assert (call.url, call.form, call.query) == (f"{URL}/5/comments", {"message": "First"}, ())
    assert said[-1] == Extra(name="firstComment", uri="6")


def test_refused_comment_that_is_visible_is_not_repeated() -> None:
    comments = listed({"id": "6", "text": "First", "username": "alice"})
    post = ready(first_comment="First")
    said, ended = run(post, *PREPARED, made(5), LINKED, QUOTA, refused(20, 1772107), comments)
    assert ended is None
    assert said[-1] == Extra(name="firstComment", uri="6")


@pytest.mark.parametrize(
    "comments", [listed(), listed({"id": "6", "text": "First", "username": "bob"}), HIDDEN, AWAY, refused(200)]
)
def test_refused_comment_that_is_not_visible_is_a_warning(comments: Reply | Exception) -> None:
    post = ready(first_comment="First")
    said, ended = run(post, *PREPARED, made(5), LINKED, QUOTA, refused(100), comments)
    assert ended is None
    assert [what.code for what in said if isinstance(what, Warn)] == ["instagram.first_comment.refused"]


@pytest.mark.parametrize("content", [poll("a", "b"), {**TEXT, "options": {"commentPrompt": True}}])
def test_missing_caption_add_on_is_a_warning(content: dict[str, Any]) -> None:
    for scenario, codes in (("ok", []), ("add_ons_dropped", ["instagram.caption_add_on.not_attached"])):
        worker = Worker(platform=FACEBOOK)
        announced = worker.publish(worker.connect(scenario), **content)
        assert [what.code for what in announced if isinstance(what, Warn)] == codes


# What the status of a container means


@pytest.mark.parametrize("name", ["IN_PROGRESS", "SOMETHING_NEW"])
def test_container_is_polled_with_growing_waits(name: str) -> None:
    for after_s, wait_s in ((1, 2), (6, 5), (30, 15), (300, 60)):
        said, _ = run(ready(), made(1), status(name, after_s=after_s), AWAY)
        assert said[-1] == Pause("post-container", wait_s, 1800)


def test_container_that_is_never_ready_has_its_rule() -> None:
    _, ended = run(ready(), made(1), status("IN_PROGRESS"), None)
    assert failure_of(ended) == (FailureKind.UNAVAILABLE, "instagram.container.processing")


@pytest.mark.parametrize(
    ("failed_status", "rule"),
    [
        (status("ERROR", "Error: Media upload has failed with error code 2207005"), "instagram.media.mime_allowed"),
        (status("ERROR", "Error: 2207009"), "instagram.media.aspect_ratio"),
        (status("", "Error: Media upload has failed with error code 2207004"), "instagram.media.image_size_max"),
        (status("ERROR", "Error: 2207026"), "instagram.media.mime_allowed"),
    ],
)
def test_image_that_instagram_cannot_use_is_rejected_at_once(failed_status: Reply, rule: str) -> None:
    _, ended = run(ready(), made(1), failed_status)
    assert failure_of(ended) == (FailureKind.REJECTED, rule)


@pytest.mark.parametrize(
    ("failed_status", "kind", "rule"),
    [
        (status("ERROR", "Error: 2207053"), FailureKind.REJECTED, "instagram.container.error"),
        (status("ERROR", "Error: 2207076"), FailureKind.REJECTED, "instagram.container.error"),
        (status("ERROR", "Error: 2207077"), FailureKind.REJECTED, "instagram.container.error"),
        (status("ERROR", "Error: 2207082"), FailureKind.REJECTED, "instagram.container.error"),
        (status("ERROR", "Error: Media upload has failed"), FailureKind.REJECTED, "instagram.container.error"),
        (status("", "error: something"), FailureKind.REJECTED, "instagram.container.error"),
        (status("EXPIRED"), FailureKind.UNAVAILABLE, "meta.container.expired"),
    ],
)
def test_failed_container_is_created_again_once(failed_status: Reply, kind: FailureKind, rule: str) -> None:
    said, ended = run(ready(), made(1), failed_status, None, made(2), status(), made(5), LINKED, QUOTA)
    assert ended is None
    assert Forget("post-container") in said
    assert forms(said)[-1] == {"creation_id": "2"}
    _, ended = run(ready(), made(1), failed_status, AWAY)
    assert failure_of(ended) == (kind, rule)


def test_unreadable_container_is_published_without_its_status_after_a_while() -> None:
    said, ended = run(ready(), made(1), HIDDEN, AWAY)
    assert said[-1] == Pause("post-container-unreadable", 2, 120)
    assert isinstance(ended, _Paused)
    said, ended = run(ready(), made(1), HIDDEN, None, made(5), LINKED, QUOTA)
    assert ended is None
    assert forms(said)[-1] == {"creation_id": "1"}


@pytest.mark.parametrize(
    ("subcode", "kind", "rule"),
    [
        (2207003, FailureKind.REJECTED, "instagram.media.reachable"),
        (2207052, FailureKind.REJECTED, "instagram.media.reachable"),
        (2207006, FailureKind.REJECTED, "instagram.container.lost"),
        (2207008, FailureKind.REJECTED, "instagram.container.lost"),
        (2207027, FailureKind.UNAVAILABLE, "instagram.container.processing"),
    ],
)
def test_temporary_refusal_of_a_container_is_retried_for_a_while(subcode: int, kind: FailureKind, rule: str) -> None:
    said, _ = run(ready(), refused(-2, subcode), AWAY)
    assert isinstance(said[-1], Pause)
    _, ended = run(ready(), refused(-2, subcode), None)
    assert failure_of(ended) == (kind, rule)


# What a refusal to publish means


@pytest.mark.parametrize("refusal", [BLOCKED, UNKNOWN, refused(100), refused(9007, 2207027), refused(-2, 2207020)])
def test_refused_publication_that_is_visible_is_found(refusal: Reply) -> None:
    said, ended = run(ready(), *PREPARED, refusal, status("PUBLISHED"), listed(row(5)), LINKED, QUOTA)
    assert ended is None
    assert Live(uri="5", url="https://www.instagram.com/p/C1/") in said


def test_blocked_publication_is_found_on_the_list_when_its_status_lags() -> None:
    said, ended = run(ready(), *PREPARED, BLOCKED, status("FINISHED"), listed(row(5)), LINKED, QUOTA)
    assert ended is None
    assert any(isinstance(what, Live) for what in said)


@pytest.mark.parametrize("refusal", [BLOCKED, refused(100)])
def test_refused_publication_is_found_on_the_list_when_its_status_is_unreadable(refusal: Reply) -> None:
    _, ended = run(ready(), *PREPARED, refusal, HIDDEN, listed(row(5)), LINKED, QUOTA)
    assert ended is None


def test_block_is_checked_twice_before_the_post_is_rejected() -> None:
    said, _ = run(ready(), *PREPARED, BLOCKED, status(), listed(), AWAY)
    assert said[-1] == Pause("post-blocked-1", 20, 20)
    _, ended = run(ready(), *PREPARED, BLOCKED, status(), listed(row(4, "other")), None)
    assert failure_of(ended) == (FailureKind.REJECTED, "instagram.account.action_blocked")


def test_published_post_that_is_not_listed_is_in_doubt_and_not_failed() -> None:
    _, ended = run(ready(), *PREPARED, UNKNOWN, status("PUBLISHED"), listed())
    assert failure_of(ended) == (FailureKind.IN_DOUBT, None)


@pytest.mark.parametrize("unread", [refused(200), refused(190)])
def test_refusal_counts_if_the_post_may_not_be_looked_for(unread: Reply) -> None:
    _, ended = run(ready(), *PREPARED, BLOCKED, unread)
    assert isinstance(ended, PlatformFailure)
    assert ended.kind in {FailureKind.REJECTED, FailureKind.AUTH_FAILED}


def test_post_that_cannot_be_looked_for_now_is_not_rejected() -> None:
    _, ended = run(ready(), *PREPARED, BLOCKED, AWAY)
    assert failure_of(ended) == (FailureKind.UNAVAILABLE, None)


def test_container_that_is_not_ready_is_published_again() -> None:
    said, _ = run(ready(), *PREPARED, NOT_READY, status(), AWAY)
    assert said[-1] == Pause("post-ready-1", 10, 1800)
    _, ended = run(ready(), *PREPARED, NOT_READY, status(), None)
    assert failure_of(ended) == (FailureKind.UNAVAILABLE, "instagram.container.processing")


@pytest.mark.parametrize("subcode", [2207006, 2207008])
def test_unknown_container_is_published_again_and_then_replaced_once(subcode: int) -> None:
    unknown = refused(24, subcode)
    said, _ = run(ready(), *PREPARED, unknown, status(), AWAY)
    assert said[-1] == Pause("post-unknown-1", 30, 120)
    said, ended = run(ready(), *PREPARED, unknown, status(), None, None, made(2), status(), made(5), LINKED, QUOTA)
    assert ended is None
    assert forms(said)[-1] == {"creation_id": "2"}
    _, ended = run(ready(), *PREPARED, unknown, status(), None, AWAY)
    assert failure_of(ended) == (FailureKind.REJECTED, "instagram.container.lost")


@pytest.mark.parametrize("subcode", [2207006, 2207008])
def test_container_that_may_be_published_is_never_replaced(subcode: int) -> None:
    said, ended = run(ready(), *PREPARED, refused(24, subcode), HIDDEN, listed(), None)
    assert failure_of(ended) == (FailureKind.IN_DOUBT, None)
    assert not any(isinstance(what, Forget) for what in said)


@pytest.mark.parametrize("failed_status", [status("EXPIRED"), status("ERROR", "Error: 2207032")])
def test_container_that_failed_before_it_was_published_is_replaced_once(failed_status: Reply) -> None:
    refusal = refused(-2, 2207020)
    said, ended = run(
        ready(), *PREPARED, refusal, failed_status, listed(), None, made(2), status(), made(5), LINKED, QUOTA
    )
    assert ended is None
    assert forms(said)[-1] == {"creation_id": "2"}


def test_used_up_quota_is_read_and_reported() -> None:
    said, ended = run(ready(), *PREPARED, refused(9, 2207042), status(), QUOTA)
    assert failure_of(ended) == (FailureKind.QUOTA_EXHAUSTED, "instagram.quota.day")
    last = said[-1]
    assert isinstance(last, Call)
    assert last.url == f"{URL}/2500/content_publishing_limit"


def test_quota_of_a_day_resets_post_by_post() -> None:
    worker = Worker(platform=INSTAGRAM)
    account = worker.connect()
    for number in range(100):
        worker.publish(account, **{**TEXT, "text": str(number)})
    assert failed(lambda: worker.publish(account, **TEXT)).rule == "instagram.quota.day"
    worker.advance(days=1)
    worker.publish(account, **TEXT)
    assert worker.visible()[-1] == TEXT["text"]


@pytest.mark.parametrize("refusal", [refused(25, 2207050), refused(190, 460), refused(200, http=403)])
def test_account_that_may_not_publish_needs_a_person(refusal: Reply) -> None:
    _, ended = run(ready(), *PREPARED, refusal)
    assert failure_of(ended)[0] is FailureKind.AUTH_FAILED


# The whole flow against the simulator


@pytest.mark.parametrize("platform", [INSTAGRAM, FACEBOOK], ids=["instagram", "facebook"])
def test_expired_containers_of_a_carousel_are_created_again(platform: Any) -> None:
    worker = Worker(platform=platform)
    post = worker.ready(worker.connect(), "late", media=(image(1), image(2)))
    assert worker.attempt(post) is not None
    worker.advance(days=1)
    worker.finish(post)
    steps = [call.step for call in worker.calls]
    assert [steps.count(step) for step in ("post-image-1", "post-image-2", "post-container")] == [2, 2, 1]
    assert worker.visible() == ["late"]


def test_container_that_expired_before_it_was_published_is_created_again() -> None:
    worker = Worker(platform=INSTAGRAM)
    worker.connect("lagging")
    post = worker.ready(worker.account, **TEXT)
    while not any(isinstance(said, Pause) and said.step.startswith("post-unknown") for said in worker.seen):
        suspended = worker.attempt(post)
        assert suspended is not None
        worker.now = suspended.until
    worker.advance(days=1)
    worker.finish(post)
    assert [call.step for call in worker.calls].count("post-container") == 2
    assert worker.visible() == [TEXT["text"]]


def test_expired_carousel_of_videos_is_sent_again() -> None:
    worker = Worker(platform=FACEBOOK)
    post = worker.ready(worker.connect(), "late", media=(video(1), video(2)))
    assert worker.attempt(post) is not None
    worker.advance(days=1)
    worker.finish(post)
    steps = [call.step for call in worker.calls]
    assert [steps.count(step) for step in ("post-video-1", "post-video-2", "post-container")] == [2, 2, 1]
    assert worker.visible() == ["late"]
    shown = [item["video"]["sizeBytes"] for item in worker.posts()[0].record["media"]]
    assert shown == [5_000, 5_000]


def test_published_reel_has_the_bytes_of_the_video() -> None:
    for scenario in ("ok", "upload_stops", "upload_offset", "upload_expired"):
        worker = Worker(platform=FACEBOOK)
        item = video(9, size_bytes=300)
        worker.publish(worker.connect(scenario), media=(item,))
        content = STARTS["video/mp4"] + b"\n" * (300 - len(STARTS["video/mp4"]))
        expected = {"sizeBytes": 300, "checksum": str(Checksum.of(content))}
        assert worker.posts()[0].record["video"] == expected, scenario


def test_story_has_a_link() -> None:
    worker = Worker(platform=INSTAGRAM)
    [live] = worker.publish(worker.connect(), **STORY)
    assert isinstance(live, Live)
    assert live.url == f"{worker.root}{post_path(live.uri)}"


def test_unknown_collaborator_is_named() -> None:
    worker = Worker(platform=INSTAGRAM)
    content = {**TEXT, "options": {"collaborators": ["private_user"]}}
    failure = failed(lambda: worker.publish(worker.connect(), **content))
    assert failure.rule == "instagram.collaborators.invitable"
    assert "private_user" in failure.message


def test_unknown_location_is_rejected() -> None:
    worker = Worker(platform=INSTAGRAM)
    content = {**TEXT, "options": {"locationId": "404404404"}}
    assert failed(lambda: worker.publish(worker.connect(), **content)).rule == "instagram.location.not_found"


def test_post_of_another_login_is_published_after_the_setting_changed() -> None:
    facebook = Worker(platform=FACEBOOK)
    account = facebook.connect()
    other = Worker(platform=INSTAGRAM, connected=account, credential=account.credential)
    other.state.texts.update(facebook.state.texts)
    other.publish(account, **TEXT)
    assert other.visible() == [TEXT["text"]]
    assert not any(dict(call.query).get("appsecret_proof") for call in other.calls)
