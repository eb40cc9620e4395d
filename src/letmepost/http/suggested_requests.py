"""Requests in the shape of other publishing APIs, and the request of this API that means the same."""

from collections.abc import Iterator, Mapping
from typing import Any

_TEXT = ("caption", "content", "message", "body", "text")
_TIME = ("schedule_for", "scheduled_for", "scheduled_at", "schedule_at", "publish_at")
_MEDIA = ("media_urls", "image_urls", "media_url", "image_url")
_ACCOUNTS = ("account_ids", "account_id", "accounts", "social_accounts")
_PER_PLATFORM = "platform_posts"
_INLINE = "bytesBase64"
"""Up to megabytes of a file: not repeated in a response."""
_FOREIGN = frozenset({*_TEXT[:-1], *_TIME, *_MEDIA, *_ACCOUNTS, _PER_PLATFORM})


def suggest_request(body: object) -> dict[str, Any] | None:
    """Return the body of `POST /v1/posts` that a body of another API's shape means; None if it has no such shape.

    Known shapes: snake_case fields (`account_id`, `content`, `schedule_for`, `media_urls`), and `caption` with
    `account_ids` or `platform_posts`.
    """
    if not isinstance(body, Mapping) or not _FOREIGN & body.keys():
        return None
    suggested: dict[str, Any] = {**_content(body), "targets": [*_targets(body)] or [{"accountId": "acc_…"}]}
    if (time := _first(body, _TIME)) is not None:
        suggested["scheduledAt"] = time
    return {**{name: body[name] for name in _KEPT if name in body}, **suggested}


_KEPT = ("options", "firstComment", "thread", "metadata", "draft", "publishNow", "scheduledAt", "schedule")


def _targets(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    own = body.get("targets")
    if isinstance(own, list):
        yield from ({"accountId": one} if isinstance(one, str) else one for one in own)
    named = _first(body, _ACCOUNTS)
    for account_id in named if isinstance(named, list) else [named]:
        if isinstance(account_id, str):
            yield {"accountId": account_id}
    posts = body.get(_PER_PLATFORM)
    for post in posts if isinstance(posts, list) else ():
        if isinstance(post, Mapping):
            yield _target(post)


def _target(post: Mapping[str, Any]) -> dict[str, Any]:
    account_id, platform = _first(post, _ACCOUNTS), post.get("platform")
    address = {"platform": platform} if account_id is None and platform is not None else {"accountId": account_id}
    return {**address, **_content(post)}


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    text = _first(body, _TEXT)
    if isinstance(text, Mapping):  # {"content": {"text": …}}
        text = text.get("text")
    if text is not None:
        found["text"] = text
    urls = _first(body, _MEDIA)
    if urls:
        found["media"] = [{"url": url, "kind": "image"} for url in (urls if isinstance(urls, list) else [urls])]
    elif isinstance(body.get("media"), list):
        found["media"] = [item for item in body["media"] if not _is_inline(item)]
    return found


def _is_inline(item: object) -> bool:
    return isinstance(item, Mapping) and (_INLINE in item or _is_inline(item.get("thumbnail")))


def _first(body: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((body[name] for name in names if body.get(name) is not None), None)
