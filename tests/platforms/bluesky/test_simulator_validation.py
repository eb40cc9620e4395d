"""The form of a record: fact sheet sections 2.1 to 2.3, 3 and 4."""

from typing import Any

import pytest

from tests.platforms.bluesky.test_simulator import POST, Response, User, World, post

CID = "bafyreihzwnyumvubacqyflkxpsejegc6sxwkcaxv3iwm7lrkiaz5n3xsci"
REF = {"uri": "at://did:plc:abc/app.bsky.feed.post/3l6oveex3ii2l", "cid": CID}
LINK = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/"}
IMAGE_MAX_BYTES, THUMBNAIL_MAX_BYTES = 2_000_000, 1_000_000


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in post().items() if key != name}


def facet(start: object = 0, end: object = 5, feature: object = LINK) -> dict[str, Any]:
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def blob(size: int = 100, mime: str = "image/jpeg") -> dict[str, Any]:
    return {"$type": "blob", "ref": {"$link": "bafkreiabc"}, "mimeType": mime, "size": size}


def images(count: int = 1, **image: object) -> dict[str, Any]:
    return {"$type": "app.bsky.embed.images", "images": [{"image": blob(), "alt": "", **image}] * count}


def external(**card: object) -> dict[str, Any]:
    whole = {"uri": "https://example.org/", "title": "", "description": "", **card}
    return {
        "$type": "app.bsky.embed.external",
        "external": {name: value for name, value in whole.items() if value is not None},
    }


def gallery(count: int, **item: object) -> dict[str, Any]:
    image = {"$type": "app.bsky.embed.gallery#image", "image": blob(), "alt": "", **item}
    return {"$type": "app.bsky.embed.gallery", "items": [image] * count}


REFUSED: list[tuple[dict[str, Any], str]] = [
    (post("x" * 301), "grapheme too big (maximum 300, got 301) at $.record.text"),
    (post("x" * 3100), "string too big (maximum 3000, got 3100) at $.record.text"),
    (without("createdAt"), 'Missing required key "createdAt" at $.record'),
    (without("text"), 'Missing required key "text" at $.record'),
    ({**post(), "text": 5}, "Expected string value type (got integer) at $.record.text"),
    (post(createdAt="2026-11-21T10:00:00"), "Invalid datetime at $.record.createdAt"),
    (post(createdAt="2026-02-30T10:00:00Z"), "Invalid datetime at $.record.createdAt"),
    (post(createdAt=None), "Expected string value type (got null) at $.record.createdAt"),
    (post(langs=["en", "de", "fr", "it"]), "array too big (maximum 3, got 4) at $.record.langs"),
    (post(langs=["en", "not a language"]), "Invalid language at $.record.langs[1]"),
    (post(langs="en"), "Expected array value type (got string) at $.record.langs"),
    (post(tags=["x"] * 9), "array too big (maximum 8, got 9) at $.record.tags"),
    (post(tags=["x" * 65]), "grapheme too big (maximum 64, got 65) at $.record.tags[0]"),
    (
        post(labels={"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "porn"}] * 11}),
        "array too big (maximum 10, got 11) at $.record.labels.values",
    ),
    (
        post(facets=[facet(start=-1)]),
        "integer too small (minimum 0, got -1) at $.record.facets[0].index.byteStart",
    ),
    (
        post(facets=[facet(end=True)]),
        "Expected integer value type (got boolean) at $.record.facets[0].index.byteEnd",
    ),
    (
        post(facets=[facet(end=1.5)]),
        "Expected integer value type (got float) at $.record.facets[0].index.byteEnd",
    ),
    (
        post(facets=[facet(feature={"uri": "https://a.example"})]),
        'Missing required key "$type" at $.record.facets[0].features[0]',
    ),
    (
        post(facets=[facet(feature={"$type": "app.bsky.richtext.facet#mention", "did": "alice.test"})]),
        "Invalid did at $.record.facets[0].features[0].did",
    ),
    (
        post(facets=[facet(feature={"$type": "app.bsky.richtext.facet#tag", "tag": "x" * 65})]),
        "grapheme too big (maximum 64, got 65) at $.record.facets[0].features[0].tag",
    ),
    (post(reply={"root": REF}), 'Missing required key "parent" at $.record.reply'),
    (
        post(reply={"root": REF, "parent": {"uri": REF["uri"]}}),
        'Missing required key "cid" at $.record.reply.parent',
    ),
    (
        post(reply={"root": REF, "parent": {**REF, "uri": "https://bsky.app"}}),
        "Invalid at-uri at $.record.reply.parent.uri",
    ),
    (post(embed={"images": []}), 'Missing required key "$type" at $.record.embed'),
    (post(embed=images(5)), "array too big (maximum 4, got 5) at $.record.embed.images"),
    (
        post(embed={"$type": "app.bsky.embed.images", "images": [{"image": blob()}]}),
        'Missing required key "alt" at $.record.embed.images[0]',
    ),
    (
        post(embed=images(aspectRatio={"width": 4, "height": 0})),
        "integer too small (minimum 1, got 0) at $.record.embed.images[0].aspectRatio.height",
    ),
    (
        post(embed=images(aspectRatio={"width": 4.5, "height": 3})),
        "Expected integer value type (got float) at $.record.embed.images[0].aspectRatio.width",
    ),
    (
        post(embed=images(image=blob(IMAGE_MAX_BYTES + 1))),
        "blob too big (maximum 2000000, got 2000001) at $.record.embed.images[0].image",
    ),
    (
        post(embed=images(image=blob(mime="video/mp4"))),
        'blob type not accepted (expected image/*, got "video/mp4") at $.record.embed.images[0].image',
    ),
    (
        post(embed=images(image={**blob(), "$type": "file"})),
        "Expected blob value type (got object) at $.record.embed.images[0].image",
    ),
    (
        post(embed=images(image={"$type": "blob", "mimeType": "image/png", "size": 1})),
        'Missing required key "ref" at $.record.embed.images[0].image',
    ),
    (post(embed=external(title=None)), 'Missing required key "title" at $.record.embed.external'),
    (post(embed=external(description=None)), 'Missing required key "description" at $.record.embed.external'),
    (post(embed=external(uri="example")), "Invalid uri at $.record.embed.external.uri"),
    (
        post(embed=external(thumb=blob(THUMBNAIL_MAX_BYTES + 1))),
        "blob too big (maximum 1000000, got 1000001) at $.record.embed.external.thumb",
    ),
    (post(embed=gallery(1)), 'Missing required key "aspectRatio" at $.record.embed.items[0]'),
    (
        post(embed=gallery(21, aspectRatio={"width": 1, "height": 1})),
        "array too big (maximum 20, got 21) at $.record.embed.items",
    ),
    (
        post(embed={"$type": "app.bsky.embed.video", "video": blob()}),
        'blob type not accepted (expected video/mp4, got "image/jpeg") at $.record.embed.video',
    ),
    (
        post(embed={"$type": "app.bsky.embed.record", "record": {"uri": REF["uri"]}}),
        'Missing required key "cid" at $.record.embed.record',
    ),
    (
        post(
            embed={
                "$type": "app.bsky.embed.recordWithMedia",
                "record": {"$type": "app.bsky.embed.record", "record": REF},
                "media": images(5),
            }
        ),
        "array too big (maximum 4, got 5) at $.record.embed.media.images",
    ),
]


@pytest.mark.parametrize(("record", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_record_that_breaks_the_lexicon_is_rejected_with_the_path(record: dict[str, Any], message: str) -> None:
    response = World().connect().put(record)
    assert response.refusal == (400, "InvalidRequest", f"Invalid app.bsky.feed.post record: {message}")


@pytest.mark.parametrize(
    "record",
    [
        post("x" * 300),
        post("👨‍👩‍👧‍👦" * 120),
        post("", embed={"$type": "app.bsky.embed.record", "record": REF}),
        post(createdAt="2026-11-21T11:00:00+01:00"),
        post(
            facets=[facet()],
            langs=["pt-BR", "zh-Hant-TW", "en-X-priv"],
            tags=["extra"],
            reply={"root": REF, "parent": REF},
        ),
        post(labels={"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "graphic-media"}]}),
        post(embed=external()),
        post(embed={"$type": "com.example.embed", "anything": [1]}),
        post(facets=[facet(feature={"$type": "com.example.facet"})], added={"in": "2027"}),
    ],
)
def test_record_that_matches_the_lexicon_is_valid(record: dict[str, Any]) -> None:
    response = World().connect().put(record)
    assert (response.status, response.data.get("validationStatus")) == (200, "valid")


def test_text_is_limited_in_bytes_and_in_graphemes() -> None:
    """121 families of four are 121 graphemes and 3,025 bytes."""
    response = World().connect().put(post("👨‍👩‍👧‍👦" * 121))
    assert response.data["message"].endswith("string too big (maximum 3000, got 3025) at $.record.text")


def test_half_of_a_surrogate_pair_is_rejected() -> None:
    assert World().connect().put(post("\ud83d")).refusal[:2] == (400, "InvalidRequest")


def test_type_of_a_record_must_be_its_collection() -> None:
    response = World().connect().put({**post(), "$type": "app.bsky.feed.like"})
    message = "Invalid $type: expected app.bsky.feed.post, got app.bsky.feed.like"
    assert response.refusal == (400, "InvalidRequest", message)


@pytest.mark.parametrize(
    "rkey",
    [
        "self",
        "3l6oveex3ii2",  # 12 letters
        "3l6oveex3ii2ll",  # 14 letters
        "zzzzzzzzzzzzz",  # more than 63 bits
        "3L6OVEEX3II2L",
        "0l6oveex3ii2l",  # 0, 1, 8 and 9 are not in the alphabet
    ],
)
def test_posts_have_tids_as_keys(rkey: str) -> None:
    status, name, message = World().connect().put(post(), rkey).refusal
    assert (status, name) == (400, "InvalidRequest")
    assert message.startswith("Invalid record key for app.bsky.feed.post: ")


@pytest.mark.parametrize(("collection", "rkey"), [("post", "3l6oveex3ii2l"), (POST, ".."), (POST, "a/b"), (POST, "")])
def test_collections_and_keys_have_a_syntax(collection: str, rkey: str) -> None:
    response = World().connect().write("putRecord", collection=collection, rkey=rkey, record=post())
    assert response.refusal[:2] == (400, "InvalidRequest")


def put_unknown(user: User, **more: object) -> Response:
    return user.write("putRecord", collection="com.example.foo", rkey="self", record={"a": 1}, **more)


def test_record_of_an_unknown_collection_is_accepted_unless_validation_is_required() -> None:
    user = World().connect()
    assert put_unknown(user).data["validationStatus"] == "unknown"
    assert put_unknown(user, validate="yes").refusal[2] == "Expected boolean value type (got string) at $.validate"
    assert put_unknown(user, validate=True).refusal == (
        400,
        "InvalidRequest",
        "Unknown lexicon type: com.example.foo",
    )


def test_invalid_record_is_hidden_from_followers_when_validation_is_declined() -> None:
    user = World().connect()
    assert "validationStatus" not in user.put(without("createdAt"), validate=False).data
    assert user.world.posts() == []
    user.put(post(), validate=False)
    assert len(user.world.posts()) == 1


def test_record_with_fractions_or_broken_blobs_is_rejected_without_validation() -> None:
    user = World().connect()
    for record in (post(ratio=0.5), post(picture={"$type": "blob"}), post(deep=nested(100))):
        assert user.put(record, validate=False).refusal[:2] == (400, "InvalidRequest")


def nested(depth: int) -> list[object]:
    return [] if depth == 0 else [nested(depth - 1)]


@pytest.mark.parametrize(
    ("collection", "record", "valid"),
    [
        (
            "app.bsky.feed.threadgate",
            {"post": REF["uri"], "allow": [], "createdAt": "2026-11-21T10:00:00Z"},
            True,
        ),
        ("app.bsky.feed.threadgate", {"allow": [], "createdAt": "2026-11-21T10:00:00Z"}, False),
        (
            "app.bsky.feed.threadgate",
            {
                "post": REF["uri"],
                "allow": [{"$type": "app.bsky.feed.threadgate#mentionRule"}] * 6,
                "createdAt": "2026-11-21T10:00:00Z",
            },
            False,
        ),
        (
            "app.bsky.feed.postgate",
            {
                "post": REF["uri"],
                "embeddingRules": [{"$type": "app.bsky.feed.postgate#disableRule"}],
                "createdAt": "2026-11-21T10:00:00Z",
            },
            True,
        ),
        ("app.bsky.feed.like", {"subject": REF, "createdAt": "2026-11-21T10:00:00Z"}, True),
        ("app.bsky.feed.repost", {"subject": REF}, False),
    ],
)
def test_related_records_have_lexicons(collection: str, record: dict[str, Any], *, valid: bool) -> None:
    user = World().connect()
    response = user.write("putRecord", collection=collection, rkey="3l6oveex3ii2l", record=record)
    assert (response.status == 200) is valid
    assert user.world.posts() == []
