"""Parts of calls."""

from uuid import UUID

import pytest
from pydantic import AnyHttpUrl

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind
from letmepost.domain.flow import Call, Effect, MediaRange
from letmepost.platforms._kit.calls import base_url, facts_of, is_on_domain, upload_file

FACTS = MediaFacts(content_type="image/png", size_bytes=7)
ITEM = MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=1), facts=FACTS)
NOT_STORED = MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=2))
URL = "https://api.example/upload"


@pytest.mark.parametrize("address", ["https://api.example", "https://api.example/", AnyHttpUrl("https://api.example")])
def test_base_url_has_no_slash_at_its_end(address: str | AnyHttpUrl) -> None:
    assert base_url(address) == "https://api.example"


def test_base_url_keeps_its_path() -> None:
    assert base_url(AnyHttpUrl("https://api.example/sandbox/x/")) == "https://api.example/sandbox/x"


def test_file_is_the_body_of_its_upload() -> None:
    call = upload_file(URL, ITEM, method="PUT", step="media-1", valid_for_s=60.0)
    assert call == Call(
        method="PUT",
        url=URL,
        headers={"Content-Type": "image/png"},
        body=MediaRange(UUID(int=1), 0, 7),
        effect=Effect.PREPARE,
        step="media-1",
        valid_for_s=60.0,
        timeout_s=60.0,
    )


def test_item_whose_bytes_are_not_stored_cannot_be_sent() -> None:
    assert facts_of(ITEM) is FACTS
    with pytest.raises(ValueError, match="00000002 has no bytes yet"):
        upload_file(URL, NOT_STORED, method="PUT", step="media-1")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://network.example/upload", True),
        ("https://uploads.eu.network.example:8443/upload?permission=1", True),
        ("https://UPLOADS.network.example/upload", True),
        ("http://uploads.network.example/upload", False),
        ("https://network.example.evil.test/upload", False),
        ("https://evilnetwork.example/upload", False),
        ("https://evil.test/uploads.network.example", False),
        ("https://uploads.network.example@evil.test/", False),
        ("https://evil.test@uploads.network.example/", False),
        ("https://evil.test\\.network.example/", False),
        ("https://evil.test#.network.example/", False),
        ("https://uploads.network.example:x/", False),
        ("https://uploads.network.example/\n", False),
        ("https://uploads.network.example/\u00e9", False),
        ("https://[half/upload", False),
        ("uploads.network.example/upload", False),
        ("", False),
    ],
)
def test_url_is_on_a_domain_only_if_its_host_is(url: str, *, expected: bool) -> None:
    assert is_on_domain(url, "network.example", "https") is expected
