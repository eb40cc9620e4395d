"""Stored content of posts."""

import json
from dataclasses import replace
from uuid import UUID

import pytest

from letmepost.domain.content import MediaItem, MediaKind, OnUnsupported, PostContent, ThreadPart
from letmepost.storage.posts.contents import decode_content, encode_content

PICTURE = MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=1), alt_text="A cat", title="Cat")


@pytest.mark.parametrize("mode", OnUnsupported)
def test_content_is_unchanged_by_storage(mode: OnUnsupported) -> None:
    content = PostContent(
        text="one",
        media=(PICTURE,),
        first_comment="aside",
        thread=(ThreadPart(text="two", media=(PICTURE, replace(PICTURE, thumbnail=PICTURE))),),
        options={"langs": ["en"]},
        option_media={"linkCard.thumbnail": PICTURE},
        on_unsupported=mode,
    )
    assert decode_content(json.loads(json.dumps(encode_content(content))), {}) == content


def test_content_stored_before_on_unsupported_existed_is_read() -> None:
    stored = encode_content(PostContent(text="one"))
    del stored["on_unsupported"]
    assert decode_content(stored, {}) == PostContent(text="one")
