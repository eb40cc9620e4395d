"""Converts a post to the bodies of TikTok's calls.

https://developers.tiktok.com/docs/en/content-posting-api-reference-direct-post and
https://developers.tiktok.com/docs/en/content-posting-api-reference-photo-post (checked 2026-11-28).
"""

from collections.abc import Mapping
from typing import Any

from letmepost.domain.content import PostContent
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.text import is_blank
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.tiktok.chunks import ChunkPlan
from letmepost.platforms.tiktok.options import TikTokOptions

_HIDDEN = "SELF_ONLY"


def video_body(content: PostContent, options: TikTokOptions, plan: ChunkPlan) -> Mapping[str, Any]:
    """Return the body that starts the upload of a video. The inbox takes nothing but the file."""
    source = {
        "source": "FILE_UPLOAD",
        "video_size": plan.size_bytes,
        "chunk_size": plan.chunk_bytes,
        "total_chunk_count": plan.count,
    }
    if options.is_inbox:
        return {"source_info": source}
    post = {
        **({} if is_blank(content.text) else {"title": content.text}),
        "privacy_level": options.privacy,
        "disable_duet": options.disable_duet,
        "disable_comment": options.disable_comment,
        "disable_stitch": options.disable_stitch,
        **_disclosures(options),
        "is_aigc": options.is_aigc,
    }
    return {"post_info": post, "source_info": source}


def photo_body(post: ReadyPost, options: TikTokOptions) -> Mapping[str, Any]:
    """Return the body that publishes photos.

    TikTok rejects it without any of the four toggles. For the inbox, it documents no privacy, but posts were stuck
    without one: the creator chooses it in the app, so the strictest one is sent.
    """
    content = post.content
    info = {
        **({} if options.title is None else {"title": options.title}),
        **({} if is_blank(content.text) else {"description": content.text}),
        "privacy_level": options.privacy or _HIDDEN,
        "disable_comment": options.disable_comment,
        "auto_add_music": options.auto_add_music,
        **_disclosures(options),
    }
    urls = [post.media_urls[format_id(Prefix.MEDIA, item.media_id)] for item in content.media]
    return {
        "media_type": "PHOTO",
        "post_mode": "MEDIA_UPLOAD" if options.is_inbox else "DIRECT_POST",
        "post_info": info,
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_cover_index": options.photo_cover_index,
            "photo_images": urls,
        },
        "is_aigc": options.is_aigc,
    }


def _disclosures(options: TikTokOptions) -> Mapping[str, bool]:
    return {
        "brand_content_toggle": options.brand_content_toggle,
        "brand_organic_toggle": options.brand_organic_toggle,
    }
