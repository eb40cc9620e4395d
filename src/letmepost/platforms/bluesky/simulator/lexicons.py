"""The server's schemas: the shape of a post and of related records.

Source: fact sheet sections 2.2, 2.3 and 4, after bluesky-social/atproto lexicons/app/bsky, checked 2026-11-21.
"""

from collections.abc import Mapping
from types import MappingProxyType

from letmepost.platforms.bluesky.simulator.schema import Check, array, blob, integer, string, structure, union
from letmepost.platforms.bluesky.simulator.syntax import (
    is_at_uri,
    is_cid,
    is_datetime,
    is_did,
    is_language,
    is_uri,
)

POST = "app.bsky.feed.post"
_TEXT_MAX_GRAPHEMES = 300
_TEXT_MAX_BYTES = 3000
_IMAGES_MAX = 4
_IMAGE_MAX_BYTES = 2_000_000
_THUMBNAIL_MAX_BYTES = 1_000_000
_LANGUAGES_MAX = 3
_LABELS_MAX = 10
_ALLOW_MAX = 5
_VIDEO_MAX_BYTES = 300_000_000
_CAPTIONS_MAX_BYTES = 20_000
_GALLERY_MAX_ITEMS = 20
_EMBEDDING_RULES_MAX = 5


_DATETIME = string(form=is_datetime)
_AT_URI = string(form=is_at_uri)
_LANGUAGE = string(form=is_language)
_STRONG_REF = structure({"uri": _AT_URI, "cid": string(form=is_cid)}, required=("uri", "cid"))
_TAG = string(max_bytes=640, max_graphemes=64)

_FACET = structure(
    {
        "index": structure({"byteStart": integer(), "byteEnd": integer()}, required=("byteStart", "byteEnd")),
        "features": array(
            union(
                {
                    "app.bsky.richtext.facet#mention": structure({"did": string(form=is_did)}, required=("did",)),
                    "app.bsky.richtext.facet#link": structure({"uri": string(form=is_uri)}, required=("uri",)),
                    "app.bsky.richtext.facet#tag": structure({"tag": _TAG}, required=("tag",)),
                }
            )
        ),
    },
    required=("index", "features"),
)

_ASPECT_RATIO = structure({"width": integer(minimum=1), "height": integer(minimum=1)}, required=("width", "height"))
_IMAGE = {
    "image": blob(accept="image/*", max_bytes=_IMAGE_MAX_BYTES),
    "alt": string(),
    "aspectRatio": _ASPECT_RATIO,
}
_IMAGES = structure(
    {"images": array(structure(_IMAGE, required=("image", "alt")), max_length=_IMAGES_MAX)},
    required=("images",),
)
_GALLERY_IMAGE = structure(_IMAGE, required=("image", "alt", "aspectRatio"))
_GALLERY = structure(
    {"items": array(union({"app.bsky.embed.gallery#image": _GALLERY_IMAGE}), max_length=_GALLERY_MAX_ITEMS)},
    required=("items",),
)
_CARD = {
    "uri": string(form=is_uri),
    "title": string(),
    "description": string(),
    "thumb": blob(accept="image/*", max_bytes=_THUMBNAIL_MAX_BYTES),
}
_EXTERNAL = structure({"external": structure(_CARD, required=("uri", "title", "description"))}, required=("external",))
_CAPTION = {"lang": _LANGUAGE, "file": blob(accept="text/vtt", max_bytes=_CAPTIONS_MAX_BYTES)}
_VIDEO = structure(
    {
        "video": blob(accept="video/mp4", max_bytes=_VIDEO_MAX_BYTES),
        "alt": string(),
        "aspectRatio": _ASPECT_RATIO,
        "captions": array(structure(_CAPTION, required=("lang", "file")), max_length=20),
        "presentation": string(),
    },
    required=("video",),
)
_QUOTE = structure({"record": _STRONG_REF}, required=("record",))
_MEDIA = {
    "app.bsky.embed.images": _IMAGES,
    "app.bsky.embed.gallery": _GALLERY,
    "app.bsky.embed.external": _EXTERNAL,
    "app.bsky.embed.video": _VIDEO,
}
_QUOTE_WITH_MEDIA = structure({"record": _QUOTE, "media": union(_MEDIA)}, required=("record", "media"))
_EMBED = union({**_MEDIA, "app.bsky.embed.record": _QUOTE, "app.bsky.embed.recordWithMedia": _QUOTE_WITH_MEDIA})

_SELF_LABELS = structure(
    {"values": array(structure({"val": string()}, required=("val",)), max_length=_LABELS_MAX)},
    required=("values",),
)
_POST = structure(
    {
        "text": string(max_bytes=_TEXT_MAX_BYTES, max_graphemes=_TEXT_MAX_GRAPHEMES),
        "createdAt": _DATETIME,
        "langs": array(_LANGUAGE, max_length=_LANGUAGES_MAX),
        "tags": array(_TAG, max_length=8),
        "facets": array(_FACET),
        "embed": _EMBED,
        "reply": structure({"root": _STRONG_REF, "parent": _STRONG_REF}, required=("root", "parent")),
        "labels": union({"com.atproto.label.defs#selfLabels": _SELF_LABELS}),
    },
    required=("text", "createdAt"),
)

_LIST_RULE = structure({"list": _AT_URI}, required=("list",))
_THREADGATE = structure(
    {
        "post": _AT_URI,
        "allow": array(
            union({"app.bsky.feed.threadgate#listRule": _LIST_RULE}),
            max_length=_ALLOW_MAX,
        ),
        "createdAt": _DATETIME,
    },
    required=("post", "createdAt"),
)
_POSTGATE = structure(
    {
        "post": _AT_URI,
        "embeddingRules": array(union({}), max_length=_EMBEDDING_RULES_MAX),
        "createdAt": _DATETIME,
    },
    required=("post", "createdAt"),
)
_SUBJECT = structure({"subject": _STRONG_REF, "createdAt": _DATETIME}, required=("subject", "createdAt"))

LEXICONS: Mapping[str, Check] = MappingProxyType(
    {
        POST: _POST,
        "app.bsky.feed.threadgate": _THREADGATE,
        "app.bsky.feed.postgate": _POSTGATE,
        "app.bsky.feed.like": _SUBJECT,
        "app.bsky.feed.repost": _SUBJECT,
    }
)
"""The collections that this server knows. Their records all have TIDs as keys."""
