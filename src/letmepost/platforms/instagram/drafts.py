"""Converts a post to containers.

Source: https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media (checked
2026-11-28).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from letmepost.domain.content import MediaItem, PostContent
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.text import is_blank
from letmepost.platforms._kit.drafts import POST_STEP
from letmepost.platforms._meta.containers import Form
from letmepost.platforms.instagram.options import InstagramOptions, InstagramPoll, InstagramUserTag

CONTAINER_STEP = f"{POST_STEP}-container"


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """How a post becomes containers."""

    content: PostContent
    options: InstagramOptions

    @classmethod
    def of(cls, content: PostContent) -> "ContainerPlan":
        """Return the plan of a post."""
        return cls(content, InstagramOptions.model_validate(content.options))

    @property
    def is_story(self) -> bool:
        """Return True for a story."""
        return self.options.kind == "story"

    @property
    def is_carousel(self) -> bool:
        """Return True for several media items in one post."""
        return len(self.content.media) > 1 and not self.is_story

    @property
    def caption(self) -> str:
        """Return the text that followers see. A story has none."""
        return "" if self.is_story or is_blank(self.content.text) else self.content.text

    @property
    def shown_as(self) -> str:
        """Return the media type of the published post."""
        return "CAROUSEL_ALBUM" if self.is_carousel else "IMAGE"

    @property
    def add_on(self) -> tuple[str, str] | None:
        """Return the caption add-on: its name, and the edge that shows it on the post. None without one."""
        if self.options.poll is not None:
            return "poll", "poll_attachment"
        return ("comment prompt", "prompt_response") if self.options.comment_prompt else None

    def form(self, urls: Mapping[str, str], children: tuple[str, ...]) -> Form:
        """Return the parameters of the container that is published. `children`: the containers of a carousel."""
        form = {"caption": self.caption} if self.caption else {}
        if self.options.kind != "feed":
            form["media_type"] = "STORIES" if self.is_story else "REELS"
        if children:
            form |= {"media_type": "CAROUSEL", "children": ",".join(children)}
        else:
            form |= self._item_form(0, urls)
        return {**form, **self._option_fields()}

    def child_forms(self, urls: Mapping[str, str]) -> dict[str, Form]:
        """Return the parameters of each media item's own container by step; empty unless the post is a carousel."""
        if not self.is_carousel:
            return {}
        return {
            f"{POST_STEP}-image-{index + 1}": {"is_carousel_item": "true", **self._item_form(index, urls)}
            for index in range(len(self.content.media))
        }

    def _item_form(self, index: int, urls: Mapping[str, str]) -> Form:
        item: MediaItem = self.content.media[index]
        form = {"image_url": urls[format_id(Prefix.MEDIA, item.media_id)]}
        if item.alt_text and not self.is_story:
            form["alt_text"] = item.alt_text
        tags = [_tag(tag) for tag in self.options.user_tags if tag.media_index == index]
        return {**form, "user_tags": json.dumps(tags)} if tags else form

    def _option_fields(self) -> Form:
        options = self.options
        given = {
            "collaborators": json.dumps(options.collaborators) if options.collaborators else None,
            "location_id": options.location_id,
            "is_ai_generated": "true" if options.is_ai_generated else None,
            "poll_attachment": None if options.poll is None else _poll(options.poll),
            "is_comment_prompt_used": "true" if options.comment_prompt else None,
        }
        return {name: value for name, value in given.items() if value is not None}


def _tag(tag: InstagramUserTag) -> Mapping[str, object]:
    position = {} if tag.x is None or tag.y is None else {"x": tag.x, "y": tag.y}
    return {"username": tag.username, **position}


def _poll(poll: InstagramPoll) -> str:
    answers = {f"option_{letter}": answer for letter, answer in zip("abcd", poll.options, strict=False)}
    return json.dumps(answers, ensure_ascii=False)
