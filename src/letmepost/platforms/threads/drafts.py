"""Converts a draft to containers.

https://developers.facebook.com/docs/threads/create-posts (checked 2026-11-21), and below it: location-tagging and
share-to-ig-stories (checked 2026-11-29).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.ids import Prefix, format_id
from letmepost.platforms._kit.drafts import Draft
from letmepost.platforms._meta.containers import Form
from letmepost.platforms.threads.attachments import text_attachment, text_entities
from letmepost.platforms.threads.options import ThreadsOptions, ThreadsPoll, ThreadsSpoilers

SHARE_PARAMETER = "crossreshare_to_ig"
LOCATION_PARAMETER = "location_id"

_SHOWN_AS: Mapping[str, str] = MappingProxyType(
    {"TEXT": "TEXT_POST", "IMAGE": "IMAGE", "VIDEO": "VIDEO", "CAROUSEL": "CAROUSEL_ALBUM"}
)


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """How a draft becomes containers."""

    draft: Draft
    options: ThreadsOptions

    @property
    def media(self) -> tuple[MediaItem, ...]:
        """Return the attachments."""
        return self.draft.media

    @property
    def is_reply(self) -> bool:
        """Return True if the post replies to another one."""
        return not self.draft.is_first or self.options.reply_to_id is not None

    @property
    def is_shared(self) -> bool:
        """Return True if the post is also shared to Instagram."""
        return self.draft.is_first and self.options.share_to_instagram

    def unshared(self) -> "ContainerPlan":
        """Return the plan of the same post, which is not shared to Instagram."""
        return replace(self, options=self.options.model_copy(update={"share_to_instagram": False}))

    @property
    def media_type(self) -> str:
        """Return the media type of its container."""
        if len(self.media) > 1:
            return "CAROUSEL"
        return _item_type(self.media[0]) if self.media else "TEXT"

    @property
    def shown_as(self) -> str:
        """Return the media type of the published post."""
        return _SHOWN_AS[self.media_type]

    @property
    def container_step(self) -> str:
        """Return the name of the step that creates its container."""
        return f"{self.draft.step}-container"

    def form(self, urls: Mapping[str, str], reply_to: str | None, children: tuple[str, ...]) -> Form:
        """Return the parameters of its container. `children` are the containers of a carousel's media items."""
        form = {"media_type": self.media_type, **({"text": self.draft.text} if self.draft.text else {})}
        if self.draft.is_first:
            form |= _first_post_fields(self.draft.text, self.options)
        if children:
            form["children"] = ",".join(children)
        elif self.media:
            form |= _item_form(self.media[0], urls)
        if reply_to is not None:
            form["reply_to_id"] = reply_to
        return form

    def child_forms(self, urls: Mapping[str, str]) -> dict[str, Form]:
        """Return the parameters of each media item's own container by step; empty unless the post is a carousel."""
        if len(self.media) < 2:
            return {}
        return {
            f"{self.draft.step}-medium-{place}": {
                "media_type": _item_type(item),
                "is_carousel_item": "true",
                **_item_form(item, urls),
            }
            for place, item in enumerate(self.media, start=1)
        }


def _first_post_fields(text: str, options: ThreadsOptions) -> Form:
    spoilers, attachment = options.spoilers or ThreadsSpoilers(), options.text_attachment
    given = {
        "reply_control": options.reply_control,
        "topic_tag": options.topic_tag,
        "quote_post_id": options.quote_post_id,
        "link_attachment": options.link_attachment,
        "poll_attachment": None if options.poll is None else _poll(options.poll),
        "text_attachment": None if attachment is None else text_attachment(attachment),
        "text_entities": text_entities(text, spoilers.text) if spoilers.text else None,
        "is_spoiler_media": "true" if spoilers.media else None,
        LOCATION_PARAMETER: options.location_id,
        SHARE_PARAMETER: "true" if options.share_to_instagram else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _poll(poll: ThreadsPoll) -> str:
    answers = {f"option_{letter}": answer for letter, answer in zip("abcd", poll.options, strict=False)}
    return json.dumps(answers, ensure_ascii=False)


def _item_type(item: MediaItem) -> str:
    return "VIDEO" if item.kind is MediaKind.VIDEO else "IMAGE"


def _item_form(item: MediaItem, urls: Mapping[str, str]) -> Form:
    url = urls[format_id(Prefix.MEDIA, item.media_id)]
    alt_text = {"alt_text": item.alt_text} if item.alt_text else {}
    return {f"{_item_type(item).lower()}_url": url, **alt_text}
