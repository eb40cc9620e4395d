"""Publishing one post: text, mentions, images, link card, quote, reply."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from pydantic import AnyHttpUrl

from letmepost.domain.encoding import encode_call
from letmepost.domain.errors import FailureKind, NoReply, PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Forget, Live, MediaRange, Reply, Warn
from letmepost.domain.playback import Transcript, first_calls, play
from letmepost.platforms.bluesky.publish import publish
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.tid import tid
from letmepost.platforms.contract import ReadyPost
from tests.doubles.hostile import assert_ends_for_any_reply
from tests.doubles.transcripts import checkpoints
from tests.platforms.bluesky.transcripts import (
    DID,
    FROZEN,
    OTHER_CID,
    OTHER_POST,
    PDS,
    SETTINGS,
    image,
    put,
    ready,
    record,
    recorded,
    uri,
)

REFERENCE = {"uri": OTHER_POST, "cid": OTHER_CID}
BLOB = recorded("upload_blob").data()["blob"]
CARD = {"url": "https://example.com/a", "title": "A"}


def run(post: ReadyPost, *replies: Reply | Exception) -> Transcript[None]:
    return play(publish(post, SETTINGS), *replies)


def refusal(transcript: Transcript[None]) -> PlatformFailure:
    assert isinstance(transcript.error, PlatformFailure)
    return transcript.error


def warnings(transcript: Transcript[None]) -> list[str]:
    return [said.code for said in transcript.instructions if isinstance(said, Warn)]


def test_text_is_one_call_under_a_chosen_key() -> None:
    [call] = run(ready("hello")).calls
    assert call == Call(
        method="POST",
        url=f"{PDS}/xrpc/com.atproto.repo.putRecord",
        json={
            "repo": DID,
            "collection": "app.bsky.feed.post",
            "rkey": tid(FROZEN, 0),
            "record": {"$type": "app.bsky.feed.post", "text": "hello", "createdAt": "2026-11-21T10:00:00.123Z"},
            "swapRecord": None,
        },
        effect=Effect.PUBLISH,
        step="post",
        idempotent=True,
        auth=Auth.ACCOUNT,
    )


def test_post_is_live_once_the_server_has_it() -> None:
    transcript = run(ready(), put())
    assert transcript.error is None
    assert transcript.instructions[1:] == (
        Live(uri=uri(), cid="bafyrei0", url=f"https://bsky.app/profile/{DID}/post/{tid(FROZEN, 0)}"),
    )


def test_link_uses_the_app_url_of_the_settings() -> None:
    settings = BlueskySettings(app_url=AnyHttpUrl("http://127.0.0.1:8090/bluesky/"))
    [_, live] = play(publish(ready(), settings), put()).instructions
    assert isinstance(live, Live)
    assert live.url == f"http://127.0.0.1:8090/bluesky/profile/{DID}/post/{tid(FROZEN, 0)}"


def test_repeated_put_without_changes_succeeds() -> None:
    assert run(ready(), recorded("put_record_unchanged")).error is None


def test_languages_and_labels_are_part_of_the_record() -> None:
    [call] = run(ready(options={"langs": ["en", "pt-BR"], "labels": ["nudity", "!no-unauthenticated"]})).calls
    assert record(call)["langs"] == ["en", "pt-BR"]
    assert record(call)["labels"] == {
        "$type": "com.atproto.label.defs#selfLabels",
        "values": [{"val": "nudity"}, {"val": "!no-unauthenticated"}],
    }


def test_each_mention_is_resolved_once_by_the_account_s_own_server() -> None:
    post = ready("@a.test @A.test @b.test", first_comment="@a.test")
    transcript = run(post, recorded("resolve_handle", did="did:plc:a"), recorded("resolve_handle", did="did:plc:b"))
    looked_up, asked_next, published = transcript.calls
    assert (looked_up.effect, looked_up.auth) == (Effect.READ, Auth.NONE)
    assert looked_up.url == f"{PDS}/xrpc/com.atproto.identity.resolveHandle"
    assert [call.query for call in (looked_up, asked_next)] == [
        (("handle", "a.test"),),
        (("handle", "b.test"),),
    ]
    dids = [facet["features"][0]["did"] for facet in record(published)["facets"]]
    assert dids == ["did:plc:a", "did:plc:a", "did:plc:b"]


@pytest.mark.parametrize("unknown", ["handle_unknown", "handle_not_found", "not_supported", "a_web_page"])
def test_unresolved_mention_stays_text_with_a_warning(unknown: str) -> None:
    transcript = run(ready("@unknown.test"), recorded(unknown), put())
    assert warnings(transcript) == ["bluesky.mention.unresolved"]
    assert "facets" not in record(transcript.calls[1])
    assert transcript.error is None


def test_mention_is_retried_when_the_server_is_unavailable() -> None:
    failure = refusal(run(ready("@a.test"), recorded("internal_server_error")))
    assert failure.kind is FailureKind.UNAVAILABLE


def test_image_is_uploaded_whole_before_the_post() -> None:
    upload, published = run(ready(media=(image(7),)), recorded("upload_blob")).calls
    assert upload == Call(
        method="POST",
        url=f"{PDS}/xrpc/com.atproto.repo.uploadBlob",
        headers={"Content-Type": "image/jpeg"},
        body=MediaRange(UUID(int=7), 0, 123_456),
        effect=Effect.PREPARE,
        step="blob-1",
        valid_for_s=3600.0,
        timeout_s=60.0,
    )
    assert record(published)["embed"] == {
        "$type": "app.bsky.embed.images",
        "images": [{"image": BLOB, "alt": "image 7", "aspectRatio": {"width": 1200, "height": 800}}],
    }


def test_four_images_are_four_uploads_in_order() -> None:
    blobs = [recorded("upload_blob", blob={**BLOB, "size": number}) for number in range(4)]
    *uploads, published = run(ready(media=tuple(image(number) for number in range(4))), *blobs).calls
    assert [call.step for call in uploads] == ["blob-1", "blob-2", "blob-3", "blob-4"]
    assert [shown["image"]["size"] for shown in record(published)["embed"]["images"]] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "facts", [{"width_px": None}, {"height_px": None}, {"width_px": 0}, {"width_px": None, "height_px": None}]
)
def test_image_of_unknown_size_has_no_aspect_ratio(facts: dict[str, Any]) -> None:
    item = replace(image(**facts), alt_text=None)
    published = run(ready(media=(item,)), recorded("upload_blob")).calls[-1]
    assert record(published)["embed"]["images"] == [{"image": BLOB, "alt": ""}]


@pytest.mark.parametrize(
    ("facts", "is_animated"),
    [
        ({"content_type": "image/gif"}, True),
        ({"content_type": "image/gif", "frame_count": 2}, True),
        ({"content_type": "image/gif", "frame_count": 1}, False),
        ({"content_type": "image/webp", "frame_count": 12}, True),
        ({"content_type": "image/webp", "frame_count": 1}, False),
        ({"content_type": "image/webp"}, False),
        ({"content_type": "image/png", "frame_count": 3}, True),
        ({"content_type": "image/png", "frame_count": 1}, False),
    ],
)
def test_animated_image_is_published_with_a_warning(facts: dict[str, Any], *, is_animated: bool) -> None:
    post = ready(media=(image(**facts), image(**facts)))
    transcript = run(post, recorded("upload_blob"), recorded("upload_blob"), put())
    assert warnings(transcript) == (["bluesky.media.gif_static"] if is_animated else [])


def test_animated_thumbnail_is_published_with_a_warning() -> None:
    thumbnail = {"linkCard.thumbnail": image(content_type="image/webp", frame_count=2)}
    post = ready(options={"linkCard": {**CARD, "thumbnail": "med_1"}}, option_media=thumbnail)
    assert warnings(run(post, recorded("upload_blob"), put())) == ["bluesky.media.gif_static"]


def test_first_call_of_a_text_with_long_links_shows_the_text_that_is_sent() -> None:
    link = "https://example.com/a-path-of/many-segments"
    [call] = first_calls(publish(ready(f"see {link}", options={"shortenLinks": True}), SETTINGS))
    assert record(call)["text"] == "see example.com/a-path-of/ma..."
    [facet] = record(call)["facets"]
    assert facet["features"] == [{"$type": "app.bsky.richtext.facet#link", "uri": link}]


@pytest.mark.parametrize("reply", [recorded("a_web_page"), recorded("upload_blob", blob=None)])
def test_upload_without_a_blob_is_retried_later(reply: Reply) -> None:
    assert refusal(run(ready(media=(image(),)), reply)).kind is FailureKind.UNAVAILABLE


def test_media_item_without_bytes_raises() -> None:
    transcript = run(ready(media=(replace(image(), facts=None),)))
    assert isinstance(transcript.error, ValueError)


def test_link_card_contains_what_the_caller_sent() -> None:
    [call] = run(ready(options={"linkCard": CARD})).calls
    external = {"uri": "https://example.com/a", "title": "A", "description": ""}
    assert record(call)["embed"] == {"$type": "app.bsky.embed.external", "external": external}


def test_link_card_thumbnail_is_uploaded() -> None:
    options = {"linkCard": {**CARD, "description": "About", "thumbnail": "med_01JD0000000000000000000000"}}
    post = ready("", options=options, option_media={"linkCard.thumbnail": image(5)})
    upload, published = run(post, recorded("upload_blob")).calls
    assert (upload.step, upload.body) == ("thumb", MediaRange(UUID(int=5), 0, 123_456))
    assert record(published)["embed"]["external"]["thumb"] == BLOB
    assert record(published)["embed"]["external"]["description"] == "About"


def test_quote_is_embedded_alone_or_with_media() -> None:
    quote = {"$type": "app.bsky.embed.record", "record": REFERENCE}
    [alone] = run(ready(options={"quote": REFERENCE})).calls
    assert record(alone)["embed"] == quote
    with_media = run(ready(options={"quote": REFERENCE}, media=(image(),)), recorded("upload_blob")).calls[-1]
    assert record(with_media)["embed"]["$type"] == "app.bsky.embed.recordWithMedia"
    assert record(with_media)["embed"]["record"] == quote
    assert record(with_media)["embed"]["media"]["$type"] == "app.bsky.embed.images"
    [card] = run(ready(options={"quote": REFERENCE, "linkCard": CARD})).calls
    assert record(card)["embed"]["media"]["$type"] == "app.bsky.embed.external"


@pytest.mark.parametrize(
    ("parent", "root"),
    [
        (recorded("get_record"), REFERENCE),
        (recorded("get_record_reply"), recorded("get_record_reply").data()["value"]["reply"]["root"]),
        (recorded("get_record", value={"reply": "odd"}), REFERENCE),
        (recorded("get_record", value={"reply": {"root": "odd"}}), REFERENCE),
        (recorded("get_record", value={"reply": {"root": {"uri": 7}}}), REFERENCE),
        (recorded("get_record", value={"reply": {"root": {"uri": "", "cid": ""}}}), REFERENCE),
    ],
)
def test_reply_names_its_parent_and_the_root_of_the_conversation(parent: Reply, root: dict[str, str]) -> None:
    asked, published = run(ready(options={"replyTo": REFERENCE}), parent).calls
    assert asked.url == f"{PDS}/xrpc/com.atproto.repo.getRecord"
    assert asked.query == (
        ("repo", "did:plc:z72i7hdynmk6r22z27h6tvur"),
        ("collection", "app.bsky.feed.post"),
        ("rkey", "3k44deefqdk2g"),
    )
    assert record(published)["reply"] == {"root": root, "parent": REFERENCE}


def test_reply_by_uri_and_cid_is_published_like_one_with_reply_to() -> None:
    flat = ready(options={"replyToUri": REFERENCE["uri"], "replyToCid": REFERENCE["cid"]})
    nested = ready(options={"replyTo": REFERENCE})
    assert run(flat, recorded("get_record_reply")).calls == run(nested, recorded("get_record_reply")).calls


def test_reply_to_a_missing_post_is_rejected_before_any_upload() -> None:
    transcript = run(ready(options={"replyTo": REFERENCE}, media=(image(),)), recorded("record_not_found"))
    failure = refusal(transcript)
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "bluesky.reply_to.not_found")
    assert len(transcript.calls) == 1


@pytest.mark.parametrize("reply", ["a_web_page", "internal_server_error"])
def test_unreadable_parent_is_read_again_later(reply: str) -> None:
    failure = refusal(run(ready(options={"replyTo": REFERENCE}), recorded(reply)))
    assert failure.kind is FailureKind.UNAVAILABLE


def test_lost_blob_is_uploaded_again_and_the_post_put_again() -> None:
    post = ready(media=(image(1), image(2)))
    blob = recorded("upload_blob")
    transcript = run(post, blob, blob, recorded("blob_not_found"), blob, blob, put())
    assert transcript.error is None
    assert [said.step for said in transcript.instructions if isinstance(said, Call | Forget)] == [
        "blob-1", "blob-2", "post", "blob-1", "blob-2", "blob-1", "blob-2", "post",
    ]  # fmt: skip
    assert [said.step for said in transcript.instructions if isinstance(said, Forget)] == ["blob-1", "blob-2"]


def test_record_contains_the_blobs_of_the_last_upload() -> None:
    again = recorded("upload_blob", blob={**BLOB, "mimeType": "image/png"})
    transcript = run(ready(media=(image(),)), recorded("upload_blob"), recorded("blob_not_found"), again)
    assert record(transcript.calls[-1])["embed"]["images"][0]["image"]["mimeType"] == "image/png"


def test_blob_that_is_lost_twice_is_retried_later() -> None:
    blob, lost = recorded("upload_blob"), recorded("blob_not_found")
    assert refusal(run(ready(media=(image(),)), blob, lost, blob, lost)).kind is FailureKind.UNAVAILABLE


def test_lost_blob_of_a_post_without_blobs_is_not_repeated() -> None:
    transcript = run(ready(), recorded("blob_not_found"))
    assert len(transcript.calls) == 1
    assert refusal(transcript).kind is FailureKind.UNAVAILABLE


def stored(call: Call, **changes: object) -> Reply:
    """Return the server's copy of what a call put."""
    place = {"uri": uri(), "cid": "bafyrei0"}
    return recorded("get_record", **place, value={**record(call), **changes})


@pytest.mark.parametrize(
    "response", [recorded("invalid_swap"), recorded("a_web_page"), recorded("put_record", cid=None)]
)
def test_put_without_a_clear_reply_is_searched_for(response: Reply) -> None:
    [call] = run(ready()).calls
    transcript = run(ready(), response, stored(call))
    assert transcript.calls[1].query == (
        ("repo", DID),
        ("collection", "app.bsky.feed.post"),
        ("rkey", tid(FROZEN, 0)),
    )
    live = transcript.instructions[-1]
    assert isinstance(live, Live)
    assert (live.uri, live.cid) == (uri(), "bafyrei0")


@pytest.mark.parametrize("changes", [{"text": "not ours"}, {"createdAt": "2020-01-01T00:00:00.000Z"}])
def test_record_with_other_content_under_the_same_key_does_not_count(changes: dict[str, str]) -> None:
    [call] = run(ready()).calls
    failure = refusal(run(ready(), recorded("invalid_swap"), stored(call, **changes)))
    assert failure.kind is FailureKind.DUPLICATE


def test_success_without_a_record_stays_in_doubt() -> None:
    failure = refusal(run(ready(), recorded("a_web_page"), recorded("record_not_found")))
    assert failure.kind is FailureKind.IN_DOUBT


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("expired_token", FailureKind.AUTH_FAILED),
        ("authentication_required", FailureKind.AUTH_FAILED),
        ("rate_limited", FailureKind.RATE_LIMITED),
        ("internal_server_error", FailureKind.IN_DOUBT),
        ("not_supported", FailureKind.UNAVAILABLE),
    ],
)
def test_refused_put_has_its_reason(reply: str, kind: FailureKind) -> None:
    assert refusal(run(ready(), recorded(reply))).kind is kind


def test_lost_reply_is_left_to_the_driver() -> None:
    assert isinstance(run(ready(), NoReply()).error, NoReply)


BLOB_REPLY = recorded("upload_blob")
POSTS: list[tuple[ReadyPost, Sequence[Reply]]] = [
    (ready(), [put()]),
    (ready("@a.test @b.test"), [recorded("resolve_handle"), recorded("handle_unknown"), put()]),
    (ready(media=(image(1), image(2))), [BLOB_REPLY, BLOB_REPLY, put()]),
    (ready(options={"replyTo": REFERENCE, "quote": REFERENCE}), [recorded("get_record_reply"), put()]),
    (ready(media=(image(),)), [BLOB_REPLY, recorded("blob_not_found"), BLOB_REPLY, put()]),
    (ready(first_comment="more", options={"threadgate": {"allow": ["nobody"]}}), [put(), put(), put(1)]),
]


@pytest.mark.parametrize(("post", "replies"), POSTS)
def test_flow_ends_for_any_reply(post: ReadyPost, replies: Sequence[Reply]) -> None:
    assert_ends_for_any_reply(lambda: publish(post, SETTINGS), replies)


@pytest.mark.parametrize(("post", "replies"), POSTS)
def test_same_frozen_moment_creates_the_same_calls(post: ReadyPost, replies: Sequence[Reply]) -> None:
    """A run after a crash replays the journal of the first run, and must send the same calls."""
    first = [encode_call(call) for call in run(post, *replies).calls]
    replayed = [replace(reply, replayed=True) for reply in replies]
    for broken_off in range(len(replies) + 1):
        again = [encode_call(call) for call in run(post, *replayed[:broken_off]).calls]
        assert again == first[: len(again)]


def test_another_moment_creates_another_record() -> None:
    later = replace(ready(), frozen=replace(FROZEN, entropy=b"\xff" * 32))
    assert first_calls(publish(ready(), SETTINGS)) != first_calls(publish(later, SETTINGS))


@pytest.mark.parametrize(("post", "replies"), POSTS)
def test_each_checkpoint_follows_one_publishing_call(post: ReadyPost, replies: Sequence[Reply]) -> None:
    """A repeat after a lost blob is the same step: the first put was certainly not executed."""
    transcript = run(post, *replies)
    assert transcript.error is None
    steps = [call.step for call in transcript.calls if call.effect is Effect.PUBLISH]
    assert max(checkpoints(transcript.instructions)) - (len(steps) - len(set(steps))) <= 1
    assert checkpoints(transcript.instructions)[-1] == 0


def test_every_step_has_a_unique_name() -> None:
    names: list[Any] = [call.step for call in run(*_everything()).calls if call.step is not None]
    assert len(names) == len(set(names))


def _everything() -> tuple[Any, ...]:
    options = {
        "linkCard": {**CARD, "thumbnail": "med_01JD0000000000000000000000"},
        "threadgate": {"allow": ["mentioned"]},
    }
    post = ready(options=options, option_media={"linkCard.thumbnail": image()}, first_comment="more")
    return post, BLOB_REPLY, put(), put(0, "app.bsky.feed.threadgate"), put(1)
