"""The schema of Bluesky's options."""

from typing import Any

import pytest
from pydantic import ValidationError

from letmepost.platforms.bluesky.options import BlueskyOptions
from tests.platforms.bluesky.transcripts import OTHER_CID, OTHER_POST

REFERENCE = {"uri": OTHER_POST, "cid": OTHER_CID}
CARD = {"url": "https://example.com/a", "title": "A"}
LIST = "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.graph.list/3k44deefqdk2g"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"platform": "bluesky"},
        {"replyTo": REFERENCE, "quote": REFERENCE},
        {"replyToUri": OTHER_POST, "replyToCid": OTHER_CID},
        {"replyTo": None, "replyToUri": None, "replyToCid": None},
        {"quote": {**REFERENCE, "uri": LIST}},
        {"langs": ["en", "pt-BR", "zh-Hant-TW", "de-1996", "en-u-ca-gregory", "sl-rozaj-biske", "en-x-priv"]},
        {"labels": ["porn", "!no-unauthenticated"]},
        {"linkCard": {**CARD, "title": "", "description": "", "thumbnail": "med_01JD0000000000000000000000"}},
        {"linkCard": {**CARD, "url": "http://ü.example/?a b".replace(" ", "+")}},
        {"threadgate": {"allow": ["followers", "following", "mentioned", LIST]}},
        {"linkCard": {**CARD, "url": "HTTPS://EXAMPLE.COM"}},
        {"linkCard": {**CARD, "url": "Http://user:secret@example.com:8080/a?b#c"}},
        {"linkCard": {**CARD, "url": "https://[2001:db8::1]:8080/a"}},
        {"linkCard": {**CARD, "url": "https://例え.jp"}},
        {"shortenLinks": True},
        {"shortenLinks": None},
        {"threadgate": {"allow": ["nobody"]}},
        {"threadgate": {"allow": ["everyone"]}},
    ],
)
def test_valid_options_are_accepted(options: dict[str, Any]) -> None:
    BlueskyOptions.model_validate(options)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"platform": "twitter"}, ("platform",)),
        ({"reply_to": REFERENCE}, ("reply_to",)),
        ({"replyTo": {"uri": OTHER_POST}}, ("replyTo", "cid")),
        ({"replyTo": {**REFERENCE, "uri": LIST}}, ("replyTo", "uri")),
        ({"replyTo": {**REFERENCE, "uri": "at://alice.test/app.bsky.feed.post/3k"}}, ("replyTo", "uri")),
        ({"replyTo": {**REFERENCE, "uri": f"{OTHER_POST}\n"}}, ("replyTo", "uri")),
        ({"replyToUri": OTHER_POST}, ()),
        ({"replyToCid": OTHER_CID}, ()),
        ({"replyToUri": LIST, "replyToCid": OTHER_CID}, ("replyToUri",)),
        ({"replyToUri": OTHER_POST, "replyToCid": "no cid"}, ("replyToCid",)),
        ({"replyTo": REFERENCE, "replyToUri": OTHER_POST, "replyToCid": OTHER_CID}, ()),
        ({"quote": {**REFERENCE, "uri": "https://bsky.app/profile/a/post/b"}}, ("quote", "uri")),
        ({"quote": {**REFERENCE, "cid": "no cid"}}, ("quote", "cid")),
        ({"langs": ["english"]}, ("langs", 0)),
        ({"langs": ["EN"]}, ("langs", 0)),
        ({"langs": ["en_US"]}, ("langs", 0)),
        ({"langs": ["en-X-priv"]}, ("langs", 0)),
        ({"langs": "en"}, ("langs",)),
        ({"labels": ["spam"]}, ("labels", 0)),
        ({"linkCard": {"url": "https://example.com"}}, ("linkCard", "title")),
        ({"linkCard": {**CARD, "url": "javascript:alert(1)"}}, ("linkCard", "url")),
        ({"linkCard": {**CARD, "url": "https:///x"}}, ("linkCard", "url")),
        ({"linkCard": {**CARD, "url": "https://a b"}}, ("linkCard", "url")),
        ({"linkCard": {**CARD, "url": "https://."}}, ("linkCard", "url")),
        ({"linkCard": {**CARD, "url": "https://./a"}}, ("linkCard", "url")),
        ({"linkCard": {**CARD, "url": "https://user@/a"}}, ("linkCard", "url")),
        ({"linkCard": {**CARD, "url": "https://:80"}}, ("linkCard", "url")),
        ({"linkCard": {**CARD, "url": "HTTPS://"}}, ("linkCard", "url")),
        ({"shortenLinks": "auto"}, ("shortenLinks",)),
        ({"threadgate": {"allow": []}}, ("threadgate", "allow")),
        ({"threadgate": {"allow": ["nobody", "followers"]}}, ("threadgate", "allow")),
        ({"threadgate": {"allow": ["everyone", "nobody"]}}, ("threadgate", "allow")),
        ({"threadgate": ["nobody"]}, ("threadgate",)),
        ({"tags": ["extra"]}, ("tags",)),
    ],
)
def test_invalid_options_are_rejected_with_the_field(options: dict[str, Any], where: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        BlueskyOptions.model_validate(options)
    assert refused.value.errors()[0]["loc"][: len(where)] == where


def test_reply_to_uri_and_cid_name_the_parent_like_reply_to() -> None:
    """Clients of letmepost.dev send the two fields."""
    flat = BlueskyOptions.model_validate({"replyToUri": OTHER_POST, "replyToCid": OTHER_CID})
    assert flat.parent == BlueskyOptions.model_validate({"replyTo": REFERENCE}).parent
    assert flat.parent is not None
    assert BlueskyOptions().parent is None


def test_options_return_the_media_that_they_refer_to() -> None:
    thumbnail = "med_01JD0000000000000000000000"
    options = BlueskyOptions.model_validate({"linkCard": {**CARD, "thumbnail": thumbnail}})
    assert options.media_ids() == {"linkCard.thumbnail": thumbnail}
    assert BlueskyOptions.model_validate({"linkCard": CARD}).media_ids() == {}
    assert BlueskyOptions().media_ids() == {}
