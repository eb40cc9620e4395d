"""Threads, and the extras of a post: threadgate and first comment."""

from collections.abc import Sequence
from typing import Any

import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.flow import Call, Effect, Extra, Live, Part, Reply, Warn
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.bluesky.publish import publish
from letmepost.platforms.bluesky.tid import tid
from letmepost.platforms.contract import ReadyPost
from tests.doubles.transcripts import checkpoints
from tests.platforms.bluesky.transcripts import (
    DID,
    FROZEN,
    OTHER_CID,
    OTHER_POST,
    SETTINGS,
    image,
    put,
    ready,
    record,
    recorded,
    uri,
)

GATE = "app.bsky.feed.threadgate"
LIST = "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.graph.list/3k44deefqdk2g"
TWO_MORE = (ThreadPart(text="two"), ThreadPart(text="three"))
THREAD = ready("one", thread=TWO_MORE)


def run(post: ReadyPost, *replies: Reply) -> Transcript[None]:
    return play(publish(post, SETTINGS), *replies)


def gated(*allow: str, **content: Any) -> ReadyPost:
    return ready(options={"threadgate": {"allow": list(allow)}}, **content)


def place(index: int) -> dict[str, str]:
    return {"uri": uri(index), "cid": f"bafyrei{index}"}


def shape(transcript: Transcript[None]) -> list[str]:
    """Return the publishing calls by step, and the checkpoints between them."""
    return [
        str(said.step) if isinstance(said, Call) else type(said).__name__
        for said in transcript.instructions
        if not isinstance(said, Call) or said.effect is Effect.PUBLISH
    ]


def test_each_post_of_a_thread_replies_to_the_previous_one() -> None:
    calls = run(THREAD, put(0), put(1), put(2)).calls
    assert [call.step for call in calls] == ["post", "thread-1", "thread-2"]
    assert [record(call)["text"] for call in calls] == ["one", "two", "three"]
    assert [record(call).get("reply") for call in calls] == [
        None,
        {"root": place(0), "parent": place(0)},
        {"root": place(0), "parent": place(1)},
    ]


def test_keys_and_dates_of_a_thread_are_consecutive() -> None:
    calls = run(THREAD, put(0), put(1), put(2)).calls
    assert [call.json and call.json["rkey"] for call in calls] == [tid(FROZEN, index) for index in range(3)]
    assert [record(call)["createdAt"] for call in calls] == [f"2026-11-21T10:00:00.12{digit}Z" for digit in (3, 4, 5)]


def test_every_part_is_reported_and_the_thread_is_live_with_its_last() -> None:
    transcript = run(THREAD, put(0), put(1), put(2))
    assert shape(transcript) == ["post", "Part", "thread-1", "Part", "thread-2", "Part", "Live"]
    parts = [said for said in transcript.instructions if isinstance(said, Part)]
    assert parts[2] == Part(index=2, **place(2), url=f"https://bsky.app/profile/{DID}/post/{tid(FROZEN, 2)}")
    assert transcript.instructions[-1] == Live(**place(0), url=f"https://bsky.app/profile/{DID}/post/{tid(FROZEN, 0)}")


def test_all_media_of_a_thread_are_uploaded_before_its_first_post() -> None:
    thread = (ThreadPart(text="", media=(image(3),)), ThreadPart(text="x"), ThreadPart(text="", media=(image(4),)))
    post = ready(media=(image(1), image(2)), thread=thread)
    blobs = [recorded("upload_blob", blob={"$type": "blob", "size": number}) for number in range(4)]
    calls = run(post, *blobs, put(0), put(1), put(2), put(3)).calls
    assert [call.step for call in calls] == [
        "blob-1", "blob-2", "blob-3", "blob-4", "post", "thread-1", "thread-2", "thread-3",
    ]  # fmt: skip
    shown = [[shown["image"]["size"] for shown in record(calls[at])["embed"]["images"]] for at in (4, 5, 7)]
    assert shown == [[0, 1], [2], [3]]
    assert "embed" not in record(calls[6])


def test_languages_and_labels_apply_to_every_part_and_other_options_to_the_first() -> None:
    reference = {"uri": OTHER_POST, "cid": OTHER_CID}
    options = {"langs": ["de"], "labels": ["nudity"], "quote": reference}
    post = ready("one", thread=TWO_MORE, first_comment="four", options=options)
    records = [record(call) for call in run(post, put(0), put(1), put(2), put(3)).calls]
    assert all(made["langs"] == ["de"] and "labels" in made for made in records)
    assert ["embed" in made for made in records] == [True, False, False, False]


def test_thread_that_replies_to_a_post_keeps_the_root_of_that_conversation() -> None:
    options = {"replyTo": {"uri": OTHER_POST, "cid": OTHER_CID}}
    post = ready("one", thread=TWO_MORE[:1], first_comment="c", options=options)
    calls = run(post, recorded("get_record_reply"), put(0), put(1), put(2)).calls
    roots = {record(call)["reply"]["root"]["uri"] for call in calls[1:]}
    assert roots == {"at://did:plc:44ybard66vv44zksje25o7dz/app.bsky.feed.post/3k43tv4rft22g"}
    assert [record(call)["reply"]["parent"]["uri"] for call in calls[1:]] == [OTHER_POST, uri(0), uri(0)]


def test_first_comment_replies_to_the_live_post() -> None:
    transcript = run(ready(first_comment="more"), put(0), put(1))
    assert shape(transcript) == ["post", "Live", "comment", "Extra"]
    comment = transcript.calls[1]
    assert record(comment)["reply"] == {"root": place(0), "parent": place(0)}
    assert comment.json is not None
    assert comment.json["rkey"] == tid(FROZEN, 1)
    assert transcript.instructions[-1] == Extra(name="firstComment", **place(1))


def test_first_comment_of_a_thread_comes_last_and_replies_to_its_first_post() -> None:
    transcript = run(ready("one", thread=TWO_MORE, first_comment="more"), put(0), put(1), put(2), put(3))
    assert shape(transcript)[-4:] == ["Part", "Live", "comment", "Extra"]
    assert record(transcript.calls[-1])["reply"]["parent"] == place(0)


@pytest.mark.parametrize(
    ("allow", "rules"),
    [
        (["nobody"], []),
        (["followers", "following"], [{"$type": f"{GATE}#followerRule"}, {"$type": f"{GATE}#followingRule"}]),
        (["mentioned", LIST], [{"$type": f"{GATE}#mentionRule"}, {"$type": f"{GATE}#listRule", "list": LIST}]),
    ],
)
def test_threadgate_has_the_key_of_its_post(allow: list[str], rules: list[dict[str, str]]) -> None:
    transcript = run(gated(*allow), put(0), put(0, GATE))
    assert shape(transcript) == ["post", "Live", "threadgate", "Extra"]
    [post, gate] = transcript.calls
    assert post.json is not None
    assert gate.json is not None
    assert (gate.json["collection"], gate.json["rkey"]) == (GATE, post.json["rkey"])
    assert gate.json["swapRecord"] is None
    assert gate.idempotent
    assert record(gate) == {
        "$type": GATE,
        "post": uri(0),
        "allow": rules,
        "createdAt": "2026-11-21T10:00:00.123Z",
    }
    assert transcript.instructions[-1] == Extra(name="threadgate", uri=uri(0, GATE), cid="bafyrei0")


def test_everyone_needs_no_threadgate() -> None:
    assert shape(run(gated("everyone"), put(0))) == ["post", "Live"]


def test_thread_gets_its_gate_directly_after_its_root() -> None:
    post = gated("nobody", thread=TWO_MORE[:1], first_comment="more")
    transcript = run(post, put(0), put(0, GATE), put(1), put(2))
    assert shape(transcript) == [
        "post", "Part", "threadgate", "Extra", "thread-1", "Part", "Live", "comment", "Extra",
    ]  # fmt: skip


REFUSED = Reply(status=400, body=b'{"error": "InvalidRequest", "message": "No."}', received_at=FROZEN.at)


@pytest.mark.parametrize(
    ("post", "code", "message"),
    [
        (
            gated("nobody"),
            "bluesky.threadgate.refused",
            "The post is published, but its threadgate was rejected, so anyone can reply.",
        ),
        (
            ready(first_comment="more"),
            "bluesky.first_comment.refused",
            "The post is published, but its first comment was rejected.",
        ),
    ],
)
def test_permanently_refused_extra_is_a_warning(post: ReadyPost, code: str, message: str) -> None:
    transcript = run(post, put(0), REFUSED)
    assert transcript.error is None
    assert transcript.instructions[-1] == Warn(code, f"{message} Bluesky rejected the request: No.")


def test_comment_follows_a_refused_threadgate() -> None:
    transcript = run(gated("nobody", first_comment="more"), put(0), REFUSED, put(1))
    assert shape(transcript) == ["post", "Live", "threadgate", "Warn", "comment", "Extra"]


THREADS: list[tuple[ReadyPost, Sequence[Reply]]] = [
    (THREAD, [put(0), put(1), put(2)]),
    (
        gated("nobody", thread=(ThreadPart(text="", media=(image(),)),), first_comment="more"),
        [recorded("upload_blob"), put(0), put(0, GATE), put(1), put(2)],
    ),
]


@pytest.mark.parametrize(("post", "replies"), THREADS)
def test_each_checkpoint_follows_one_publishing_call(post: ReadyPost, replies: Sequence[Reply]) -> None:
    counts = checkpoints(run(post, *replies).instructions)
    assert max(counts) == 1
    assert counts[-1] == 0
