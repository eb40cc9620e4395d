"""What a post shows in addition to its text, in the form of the API.

https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api (checked 2026-11-22).
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from letmepost.domain.content import MediaKind, PostContent
from letmepost.domain.text import is_blank
from letmepost.platforms._kit.drafts import Draft, Upload
from letmepost.platforms.linkedin.little_text import escape
from letmepost.platforms.linkedin.options import LinkedInArticle, LinkedInOptions, LinkedInPoll

Json: TypeAlias = Mapping[str, Any]
Assets: TypeAlias = Mapping[str, str]
"""The URN that LinkedIn returned for each upload step."""

_THUMBNAIL_STEP = "thumbnail"


def uploads_of(draft: Draft, content: PostContent) -> list[Upload]:
    """Return everything that the post shows."""
    thumbnail = content.option_media.get("article.thumbnail")
    return [*draft.uploads(), *([] if thumbnail is None else [Upload(_THUMBNAIL_STEP, thumbnail)])]


def post_body(author: str, draft: Draft, options: LinkedInOptions, assets: Assets) -> Json:
    """Return the body of a post that is visible immediately."""
    body: dict[str, Any] = {
        "author": author,
        "commentary": escape(draft.text),
        "visibility": options.visibility,
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    shown = _shown(draft, options, assets)
    return body if shown is None else {**body, "content": shown}


def _shown(draft: Draft, options: LinkedInOptions, assets: Assets) -> Json | None:
    if options.poll is not None:
        return _poll(options.poll)
    if options.article is not None:
        return _article(options.article, assets.get(_THUMBNAIL_STEP))
    attached = draft.uploads()
    if not attached:
        return None
    if attached[0].item.kind is not MediaKind.IMAGE:
        return {"media": _titled(attached[0], options, assets)}
    images = _images(attached, assets)
    return {"media": images[0]} if len(images) == 1 else {"multiImage": {"images": images}}


def _titled(attached: Upload, options: LinkedInOptions, assets: Assets) -> Json:
    """Return a document or a video. Only a document needs a title."""
    given = options.document_title or ""
    title = attached.item.title if is_blank(given) else given
    return {"id": assets[attached.step], **({} if is_blank(title or "") else {"title": title})}


def _images(attached: Sequence[Upload], assets: Assets) -> list[Json]:
    return [
        {"id": assets[upload.step], **({"altText": upload.item.alt_text} if upload.item.alt_text else {})}
        for upload in attached
    ]


def _article(article: LinkedInArticle, thumbnail: str | None) -> Json:
    shown = {"source": article.url, "title": article.title}
    given = {"description": article.description, "thumbnail": thumbnail}
    return {"article": {**shown, **{name: value for name, value in given.items() if value}}}


def _poll(poll: LinkedInPoll) -> Json:
    options = [{"text": option} for option in poll.options]
    return {"poll": {"question": poll.question, "options": options, "settings": {"duration": poll.duration}}}
