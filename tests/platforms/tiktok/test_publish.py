"""Publishing: the calls that are sent, in which order, and what follows from each reply."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import (
    Auth,
    Call,
    Effect,
    HandOver,
    Instruction,
    Live,
    MediaRange,
    Pause,
    Reply,
    Upload,
    Void,
    Warn,
)
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.tiktok.publish import publish
from tests.doubles.media import image, video
from tests.platforms.tiktok.transcripts import (
    ACCOUNT,
    API,
    CREATOR,
    NOW,
    POST_ID,
    PUBLISH_ID,
    SETTINGS,
    UPLOAD_URL,
    begun,
    done,
    ready,
    refusal,
    refused,
    replied,
    status,
)

AWAY = PlatformFailure(FailureKind.UNAVAILABLE, "The server did not respond.")
MAY = done(CREATOR)
LAST = replied(201)
PHOTO: dict[str, Any] = {"width_px": 1080, "height_px": 1080}
LISTED = done({"videos": [{"id": str(POST_ID), "create_time": int(NOW.timestamp()), "video_description": "hello"}]})


def run(post: ReadyPost, *replies: Reply | Exception) -> Transcript[None]:
    return play(publish(post, SETTINGS), *replies)


def sent(post: ReadyPost, *replies: Reply) -> Any:
    """Return the body of the last call."""
    return run(post, *replies).calls[-1].json


def uploading(transcript: Transcript[None]) -> Upload:
    [upload] = (one for one in transcript.instructions if isinstance(one, Upload))
    return upload


def voided(transcript: Transcript[None]) -> list[str]:
    return [one.step for one in transcript.instructions if isinstance(one, Void)]


def photos(**more: Any) -> ReadyPost:
    return ready("long text", image(1, **PHOTO), image(2, **PHOTO), **more)


def test_video_is_published_after_a_check_of_the_account() -> None:
    transcript = run(ready(), MAY, begun(), LAST, status("PUBLISH_COMPLETE", publicaly_available_post_id=[POST_ID]))
    assert [call.url.removeprefix(f"{API}/post/publish/") for call in transcript.calls] == [
        "creator_info/query/",
        "video/init/",
        "status/fetch/",
    ]
    assert transcript.instructions[-1] == Live(uri=PUBLISH_ID, url=f"https://www.tiktok.com/@robyn6608/video/{POST_ID}")


def test_video_is_described_with_every_switch() -> None:
    post = ready("caption", disableStitch=False, brandContentToggle=True, brandOrganicToggle=True, isAigc=True)
    account = replace(ACCOUNT, data={**ACCOUNT.data})
    allowed = done({**CREATOR, "stitch_disabled": False})
    assert sent(replace(post, account=account), allowed) == {
        "post_info": {
            "title": "caption",
            "privacy_level": "PUBLIC_TO_EVERYONE",
            "disable_duet": True,
            "disable_comment": True,
            "disable_stitch": False,
            "brand_content_toggle": True,
            "brand_organic_toggle": True,
            "is_aigc": True,
        },
        "source_info": {
            "source": "FILE_UPLOAD",
            "video_size": 5_000,
            "chunk_size": 5_000,
            "total_chunk_count": 1,
        },
    }


def test_blank_caption_is_omitted() -> None:
    assert "title" not in sent(ready(" \n"), MAY)["post_info"]


def test_parts_have_ranges_and_no_token() -> None:
    item = video(size_bytes=95_999_999, content_type="video/quicktime")
    upload = uploading(run(ready("", item), MAY, begun()))
    assert (upload.part_count, upload.last, upload.is_new) == (9, Effect.PUBLISH, True)
    last = upload.part(80_000_000)
    assert last == Call(
        method="PUT",
        url=UPLOAD_URL,
        headers={"Content-Type": "video/quicktime", "Content-Range": "bytes 80000000-95999998/95999999"},
        body=MediaRange(item.media_id, 80_000_000, 15_999_999),
        effect=Effect.PUBLISH,
        step="post",
        auth=Auth.NONE,
        timeout_s=120.0,
        reference=PUBLISH_ID,
    )


def test_upload_is_resumed_by_its_status() -> None:
    upload = uploading(run(ready("", video(size_bytes=80_000_000)), MAY, replace(begun(), replayed=True)))
    assert not upload.is_new
    assert upload.probe is not None
    assert upload.probe.json == {"publish_id": PUBLISH_ID}
    offset_of = upload.offset_of
    assert offset_of is not None
    assert offset_of(status("PROCESSING_UPLOAD", uploaded_bytes=10_000_000)) == 10_000_000
    assert offset_of(status("PROCESSING_UPLOAD", uploaded_bytes=80_000_000)) == 80_000_000
    assert offset_of(status("PROCESSING_UPLOAD")) is None
    assert offset_of(status("PUBLISH_COMPLETE")) == 80_000_000
    assert offset_of(status("FAILED", uploaded_bytes=10)) == 80_000_000, "it takes no more bytes"
    assert offset_of(replied(206, content_range="bytes 0-10000000/80000000")) == 10_000_000
    assert offset_of(refused(400, "invalid_publish_id")) is None


def test_photos_are_described_with_all_four_toggles_and_without_those_of_videos() -> None:
    post = photos(title="Title", photoCoverIndex=1, autoAddMusic=True, isAigc=True, privacy="SELF_ONLY")
    assert sent(post, MAY) == {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {
            "title": "Title",
            "description": "long text",
            "privacy_level": "SELF_ONLY",
            "disable_comment": True,
            "auto_add_music": True,
            "brand_content_toggle": False,
            "brand_organic_toggle": False,
        },
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_cover_index": 1,
            "photo_images": ["https://media.example.com/1", "https://media.example.com/2"],
        },
        "is_aigc": True,
    }


@pytest.mark.parametrize(("options", "title"), [({}, None), ({"title": ""}, ""), ({"title": "T"}, "T")])
def test_empty_title_of_photos_is_not_replaced(options: dict[str, str], title: str | None) -> None:
    assert sent(photos(**options), MAY)["post_info"].get("title") == title


def test_inbox_takes_a_video_alone_and_needs_no_check() -> None:
    [call] = run(ready("", mode="inbox")).calls
    assert call.url == f"{API}/post/publish/inbox/video/init/"
    assert list(call.json or {}) == ["source_info"]


def test_photos_for_the_inbox_have_a_privacy() -> None:
    body = sent(photos(mode="inbox"))
    assert (body["post_mode"], body["post_info"]["privacy_level"]) == ("MEDIA_UPLOAD", "SELF_ONLY")


@pytest.mark.parametrize(
    ("post", "start"), [(ready("", mode="inbox"), (begun(), LAST)), (photos(mode="inbox"), (begun(),))]
)
def test_post_in_the_inbox_is_handed_over_and_not_published(post: ReadyPost, start: tuple[Reply, ...]) -> None:
    transcript = run(post, *start, status("SEND_TO_USER_INBOX"))
    assert transcript.instructions[-1] == HandOver("https://www.tiktok.com/", uri=PUBLISH_ID)
    assert not any(isinstance(one, Live) for one in transcript.instructions)


def test_draft_that_its_creator_has_published_already_is_live() -> None:
    transcript = run(ready("", mode="inbox"), begun(), LAST, status("PUBLISH_COMPLETE"))
    assert transcript.instructions[-1] == Live(uri=PUBLISH_ID)


@pytest.mark.parametrize(
    ("creator", "options", "rule"),
    [
        ({"privacy_level_options": ["SELF_ONLY"]}, {}, "tiktok.privacy.not_allowed"),
        ({"comment_disabled": True}, {"disableComment": False}, "tiktok.interactions.disabled"),
        ({"duet_disabled": True}, {"disableDuet": False}, "tiktok.interactions.disabled"),
        ({"max_video_post_duration_sec": 11}, {}, "tiktok.video.too_long"),
    ],
)
def test_post_is_rejected_before_it_is_sent_if_the_account_may_no_longer_publish_it(
    creator: dict[str, Any], options: dict[str, Any], rule: str
) -> None:
    transcript = run(ready(**options), done({**CREATOR, **creator}))
    failure = refusal(transcript)
    assert (failure.kind, failure.rule, len(transcript.calls)) == (FailureKind.REJECTED, rule, 1)
    assert "Nothing was sent." in failure.message


def test_cap_in_the_check_of_the_account_stops_the_post_before_it_is_sent() -> None:
    transcript = run(ready(), refused(200, "spam_risk_too_many_posts"))
    assert (refusal(transcript).kind, len(transcript.calls)) == (FailureKind.QUOTA_EXHAUSTED, 1)


@pytest.mark.parametrize("answer", [refused(429, "rate_limit_exceeded"), refused(200, "rate_limit_exceeded"), AWAY])
@pytest.mark.parametrize("post", [ready(), photos()])
def test_account_is_checked_again_after_a_refused_start(post: ReadyPost, answer: Reply | Exception) -> None:
    assert "creator" in voided(run(post, MAY, answer))


def test_start_without_an_upload_url_is_not_used_again() -> None:
    transcript = run(ready(), MAY, done({"publish_id": PUBLISH_ID}))
    assert (refusal(transcript).kind, voided(transcript)) == (FailureKind.UNAVAILABLE, ["session", "creator"])


def test_photos_that_may_be_accepted_stay_in_doubt() -> None:
    transcript = run(photos(), MAY, done({}))
    assert (refusal(transcript).kind, voided(transcript)) == (FailureKind.IN_DOUBT, [])


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/video/?upload_id=1",
        "https://tiktokapis.com.evil.example/video/",
        "https://eviltiktokapis.com/video/",
        "https://upload.tiktokapis.com@evil.example/",
        "http://upload.tiktokapis.com/video/",
        "https://[half/video/",
        "https://upload.tiktokapis.com/\n",
        "video",
    ],
)
def test_bytes_are_sent_to_hosts_of_tiktok_only(url: str) -> None:
    transcript = run(ready(), MAY, done({"publish_id": PUBLISH_ID, "upload_url": url}))
    assert refusal(transcript).rule == "tiktok.upload.host"


@pytest.mark.parametrize("host", ["open-upload.tiktokapis.com", "upload.us.tiktokapis.com", "tiktokapis.com"])
def test_regional_hosts_of_tiktok_receive_the_bytes(host: str) -> None:
    url = f"https://{host}/upload/?upload_id=1"
    assert uploading(run(ready(), MAY, done({"publish_id": PUBLISH_ID, "upload_url": url}))).part(0).url == url


@pytest.mark.parametrize("code", [403, 404])
def test_closed_session_is_discarded_only_if_the_last_byte_never_arrived(code: int) -> None:
    partial = run(ready(), MAY, begun(), replied(code), status("PROCESSING_UPLOAD", uploaded_bytes=0))
    assert (refusal(partial).rule, voided(partial)) == ("tiktok.upload.chunk_failed", ["session", "creator"])
    whole = run(ready(), MAY, begun(), replied(code), status("PUBLISH_COMPLETE"))
    assert (refusal(whole).kind, voided(whole)) == (FailureKind.UNAVAILABLE, [])


def test_session_that_tiktok_does_not_know_is_discarded() -> None:
    transcript = run(ready(), MAY, replace(begun(), replayed=True), refused(400, "invalid_publish_id"))
    assert voided(transcript) == ["session", "creator"]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (replied(400), FailureKind.REJECTED),
        (replied(503), FailureKind.UNAVAILABLE),
        (refused(401, "access_token_invalid"), FailureKind.AUTH_FAILED),
        (refused(429, "rate_limit_exceeded"), FailureKind.RATE_LIMITED),
    ],
)
def test_other_end_of_an_upload_keeps_its_session(reply: Reply, kind: FailureKind) -> None:
    transcript = run(ready(), MAY, begun(), reply)
    assert (refusal(transcript).kind, voided(transcript)) == (kind, [])


def test_post_that_fails_in_processing_has_no_effect() -> None:
    failed = status("FAILED", fail_reason="picture_size_check_failed")
    transcript = run(ready(), MAY, begun(), LAST, failed)
    assert voided(transcript) == ["post", "session", "creator"]
    assert refusal(transcript).rule == "tiktok.resolution.unsupported"


def test_video_of_another_session_is_followed_by_its_own_id() -> None:
    earlier = replace(LAST, replayed=True, reference="v_pub_file~v2-1.1")
    assert run(ready(), MAY, begun(), earlier).calls[-1].json == {"publish_id": "v_pub_file~v2-1.1"}


def test_probe_that_shows_the_end_is_not_read_again() -> None:
    replayed = replace(begun(), replayed=True)
    transcript = run(ready(privacy="SELF_ONLY"), MAY, replayed, status("PUBLISH_COMPLETE"))
    assert [type(one) for one in transcript.instructions][-2:] == [Upload, Live]


@pytest.mark.parametrize(
    ("passed", "wait_s"), [(0, 3.0), (10, 6.0), (30, 15.0), (100, 30.0), (500, 60.0), (86_400, 60.0)]
)
@pytest.mark.parametrize("name", ["PROCESSING_UPLOAD", "SOMETHING_NEW"])
def test_processing_is_read_again_later(name: str, passed: float, wait_s: float) -> None:
    later = NOW + timedelta(seconds=passed)
    transcript = run(ready(), MAY, begun(), LAST, status(name, later))
    assert transcript.instructions[-1] == Pause("post-processing", wait_s, 1800.0)


def test_download_may_take_an_hour() -> None:
    last = run(photos(), MAY, begun(), status("PROCESSING_DOWNLOAD")).instructions[-1]
    assert isinstance(last, Pause)
    assert last.give_up_after_s == 4500.0


def test_post_that_is_never_processed_is_in_doubt() -> None:
    assert after_pause(ready(), status("PROCESSING_UPLOAD"))[-1] == FailureKind.IN_DOUBT


def test_public_post_is_live_before_its_address_is_known() -> None:
    transcript = run(ready(), MAY, begun(), LAST, status("PUBLISH_COMPLETE"))
    assert transcript.instructions[-2:] == (Live(uri=PUBLISH_ID), Pause("post-public-id", 3.0, 3000.0))


@pytest.mark.parametrize("privacy", ["SELF_ONLY", "MUTUAL_FOLLOW_FRIENDS"])
def test_post_that_never_gets_a_public_id_is_not_waited_for(privacy: str) -> None:
    transcript = run(ready(privacy=privacy), MAY, begun(), LAST, status("PUBLISH_COMPLETE"))
    assert transcript.instructions[-1] == Live(uri=PUBLISH_ID)


def test_address_is_looked_up_on_the_list_if_the_status_never_states_it() -> None:
    live = Live(uri=PUBLISH_ID, url=f"https://www.tiktok.com/@robyn6608/video/{POST_ID}")
    assert after_pause(ready(), status("PUBLISH_COMPLETE"), LISTED)[-1] == live


@pytest.mark.parametrize("answer", [done({"videos": []}), refused(401, "scope_not_authorized"), AWAY])
def test_post_without_an_address_has_a_warning(answer: Reply | Exception) -> None:
    last = after_pause(ready(), status("PUBLISH_COMPLETE"), answer)[-1]
    assert isinstance(last, Warn)
    assert last.code == "tiktok.publish.no_url"


def test_list_is_not_read_without_permission() -> None:
    account = replace(ACCOUNT, data={**ACCOUNT.data, "canList": False})
    assert isinstance(after_pause(ready(account=account), status("PUBLISH_COMPLETE"))[-1], Warn)


def after_pause(post: ReadyPost, last: Reply, *answers: Reply | Exception) -> list[Instruction | FailureKind]:
    """Run a flow whose first pause gives up. Return its instructions, and how it failed."""
    flow, seen = publish(post, SETTINGS), list[Instruction | FailureKind]()
    replies = iter([MAY, begun(), LAST, last, *answers])
    try:
        instruction = next(flow)
        while True:
            seen.append(instruction)
            if isinstance(instruction, Pause):
                instruction = flow.throw(GaveUp(instruction.step, instruction.give_up_after_s))
            elif isinstance(instruction, Call | Upload):
                answer = next(replies)
                instruction = flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)
            else:
                instruction = next(flow)
    except StopIteration:
        return seen
    except PlatformFailure as failure:
        return [*seen, failure.kind]


def test_post_without_a_username_has_no_address() -> None:
    account = replace(ACCOUNT, handle=None)
    found = status("PUBLISH_COMPLETE", publicaly_available_post_id=[POST_ID])
    assert run(ready(account=account), MAY, begun(), LAST, found).instructions[-1] == Live(uri=PUBLISH_ID)


def test_photos_that_only_the_list_shows_are_live() -> None:
    found = replied(200, {"post_id": str(POST_ID)})
    live = Live(uri=str(POST_ID), url=f"https://www.tiktok.com/@robyn6608/photo/{POST_ID}")
    assert run(photos(), MAY, found).instructions[-1] == live
