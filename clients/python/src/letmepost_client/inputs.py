"""What the methods accept.

Keys may be in snake_case or in camelCase: the client sends camelCase.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias, TypedDict

from letmepost_client.models.media import Media


class Fit(TypedDict, total=False):
    """How to convert an image that breaks a limit of a platform."""

    background: str
    crop: Literal["center"]


class Attachment(TypedDict, total=False):
    """A media item of a post, from exactly one of `media_id`, `url` and `bytes_base64`."""

    media_id: str
    url: str
    bytes_base64: str
    kind: Literal["image", "video", "document"]
    alt_text: str
    title: str
    thumbnail: "AnyMedia"
    fit: bool | Fit


class Part(TypedDict, total=False):
    """A continuation post of a thread."""

    text: str
    media: "Sequence[AnyMedia]"


class Comment(TypedDict):
    """A first comment."""

    text: str


class Schedule(TypedDict):
    """A wall-clock time in a zone: `{"at": "2026-12-24T09:00", "zone": "Europe/Berlin"}`."""

    at: str
    zone: str


class Late(TypedDict, total=False):
    """What happens to a post that could not be published in time."""

    within_s: int
    then: Literal["publish", "skip", "hold"]


class Target(TypedDict, total=False):
    """Where to publish, and what is different there: what a target sets replaces what the request sets."""

    account_id: str
    platform: str
    text: str | None
    media: "Sequence[AnyMedia] | None"
    first_comment: "str | Comment | None"
    thread: "Sequence[str | Part] | None"
    options: Mapping[str, Any] | None
    fit: bool | Fit


AnyMedia: TypeAlias = Media | str | Attachment | Mapping[str, Any]
"""A media item, the id of one (`med_…`), a URL, or an `Attachment`."""

AnyTarget: TypeAlias = Target | Mapping[str, Any]
AnyTime: TypeAlias = datetime | str
"""An aware datetime, or RFC 3339 with an offset."""

AnySchedule: TypeAlias = Schedule | Mapping[str, str]


class NewPost(TypedDict, total=False):
    """What to publish, where and when. `PostOperations.create` describes the keys; None counts as absent."""

    text: str | None
    targets: Sequence[AnyTarget] | None
    to: str | Sequence[str] | None
    media: Sequence[AnyMedia] | None
    first_comment: str | Comment | None
    thread: Sequence[str | Part] | None
    options: Mapping[str, Mapping[str, Any]] | None
    scheduled_at: AnyTime | None
    schedule: AnySchedule | None
    draft: bool | None
    profile_id: str | None
    metadata: Mapping[str, str] | None
    late: Late | None
    on_unsupported: Literal["reject", "omit"] | None
    refuse_duplicates_within_s: int | None


class PostRequest(NewPost, total=False):
    """One item of `posts.bulk`."""

    idempotency_key: str | None


def attachment(item: AnyMedia) -> Mapping[str, Any]:
    """Return the JSON of a media item of a post."""
    if isinstance(item, Media):
        return {"mediaId": item.id}
    if isinstance(item, str):
        return {"mediaId": item} if item.startswith("med_") else {"url": item}
    if (thumbnail := item.get("thumbnail")) is not None:
        return {**item, "thumbnail": attachment(thumbnail)}
    return item


def content(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a post or a target, with every short form written out."""
    full = dict(given)
    if full.get("media") is not None and not isinstance(full["media"], str):
        full["media"] = [attachment(item) for item in full["media"]]
    for name in ("first_comment", "firstComment"):
        if isinstance(full.get(name), str):
            full[name] = {"text": full[name]}
    if isinstance(full.get("thread"), list | tuple):
        full["thread"] = [content({"text": part} if isinstance(part, str) else part) for part in full["thread"]]
    return full


def request(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request to publish, with every short form written out.

    Raises:
        ValueError: there are both `to` and `targets`.
    """
    full = content({name: value for name, value in given.items() if name != "to"})
    targets = full.get("targets")
    if (names := given.get("to")) is not None:
        if targets is not None:
            raise ValueError("Pass either `to` or `targets`.")
        targets = [_target(name) for name in ([names] if isinstance(names, str) else names)]
    if targets is not None:
        full["targets"] = [content(target) for target in targets]
    return full


def _target(name: str) -> dict[str, str]:
    """Return the target that an account id or the name of a platform stands for."""
    return {"account_id" if name.startswith("acc_") else "platform": name}
