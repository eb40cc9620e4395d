"""Converts a post to containers.

Source: https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media (checked
2026-11-28).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from letmepost.domain.content import MediaItem, MediaKind, PostContent
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.text import is_blank
from letmepost.platforms._kit.drafts import POST_STEP
from letmepost.platforms._meta.containers import Form
from letmepost.platforms.instagram.options import InstagramOptions, InstagramPoll, InstagramTrial, InstagramUserTag

CONTAINER_STEP = f"{POST_STEP}-container"


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """How a post becomes containers.

    Args:
        sends_videos: True if the bytes of videos are sent; False if Instagram fetches them, as it does images.
    """

    content: PostContent
    options: InstagramOptions
    sends_videos: bool = False

    @classmethod
    def of(cls, content: PostContent, *, sends_videos: bool = False) -> "ContainerPlan":
        """Return the plan of a post."""
        return cls(content, InstagramOptions.model_validate(content.options), sends_videos)

    @property
    def is_story(self) -> bool:
        """Return True for a story."""
        return self.options.kind == "story"

    @property
    def is_carousel(self) -> bool:
        """Return True for several media items in one post."""
        return len(self.content.media) > 1 and not self.is_story

    @property
    def is_reel(self) -> bool:
        """Return True for a single video outside a story: the feed has no other videos."""
        return is_reel(self.content, self.options)

    @property
    def caption(self) -> str:
        """Return the text that followers see. A story has none."""
        return "" if self.is_story or is_blank(self.content.text) else self.content.text

    @property
    def shown_as(self) -> str:
        """Return the media type of the published post."""
        return "CAROUSEL_ALBUM" if self.is_carousel else self.content.media[0].kind.upper()

    @property
    def add_on(self) -> tuple[str, str] | None:
        """Return the caption add-on: its name, and the edge that shows it on the post. None without one."""
        if self.options.poll is not None:
            return "poll", "poll_attachment"
        return ("comment prompt", "prompt_response") if self.options.comment_prompt else None

    def form(self, urls: Mapping[str, str], children: tuple[str, ...]) -> Form:
        """Return the parameters of the container that is published. `children`: the containers of a carousel."""
        form = {"caption": self.caption} if self.caption else {}
        if self.is_story or self.is_reel:
            form["media_type"] = "STORIES" if self.is_story else "REELS"
        if children:
            form |= {"media_type": "CAROUSEL", "children": ",".join(children)}
        else:
            form |= self._item_form(0, urls)
        return {**form, **self._cover(urls), **self._option_fields()}

    def child_forms(self, urls: Mapping[str, str]) -> dict[str, Form]:
        """Return the parameters of each media item's own container by step; empty unless the post is a carousel."""
        if not self.is_carousel:
            return {}
        return {
            step: {
                "is_carousel_item": "true",
                **({"media_type": "VIDEO"} if self.content.media[index].kind is MediaKind.VIDEO else {}),
                **self._item_form(index, urls),
            }
            for index, step in enumerate(self._child_steps())
        }

    def sent_videos(self) -> dict[str, MediaItem]:
        """Return the videos whose bytes are sent, by the step that creates their container."""
        steps = self._child_steps() if self.is_carousel else [CONTAINER_STEP]
        items = zip(steps, self.content.media, strict=False)
        return {step: item for step, item in items if self._is_sent(item)}

    def _child_steps(self) -> list[str]:
        return [f"{POST_STEP}-{item.kind}-{number}" for number, item in enumerate(self.content.media, start=1)]

    def _is_sent(self, item: MediaItem) -> bool:
        return self.sends_videos and item.kind is MediaKind.VIDEO

    def _item_form(self, index: int, urls: Mapping[str, str]) -> Form:
        item: MediaItem = self.content.media[index]
        url = {f"{item.kind}_url": _url(item, urls)}
        form = {"upload_type": "resumable"} if self._is_sent(item) else url
        if item.alt_text and not self.is_story:
            form["alt_text"] = item.alt_text
        tags = [_tag(tag) for tag in self.options.user_tags if tag.media_index == index]
        return {**form, "user_tags": json.dumps(tags)} if tags else form

    def _cover(self, urls: Mapping[str, str]) -> Form:
        thumbnail = self.content.media[0].thumbnail
        return {} if thumbnail is None else {"cover_url": _url(thumbnail, urls)}

    def _option_fields(self) -> Form:
        options = self.options
        given = {
            "collaborators": json.dumps(options.collaborators) if options.collaborators else None,
            "location_id": options.location_id,
            "cover_url": options.cover_url,
            "share_to_feed": None if options.share_to_feed is None else str(options.share_to_feed).lower(),
            "trial_params": None if options.trial_params is None else _trial(options.trial_params),
            "is_ai_generated": "true" if options.is_ai_generated else None,
            "poll_attachment": None if options.poll is None else _poll(options.poll),
            "is_comment_prompt_used": "true" if options.comment_prompt else None,
        }
        return {name: value for name, value in given.items() if value is not None}


def is_reel(content: PostContent, options: InstagramOptions) -> bool:
    """Return True if a post becomes a reel."""
    return options.kind != "story" and [item.kind for item in content.media] == [MediaKind.VIDEO]


def _url(item: MediaItem, urls: Mapping[str, str]) -> str:
    return urls[format_id(Prefix.MEDIA, item.media_id)]


def _trial(trial: InstagramTrial) -> str:
    return json.dumps({"graduation_strategy": trial.graduation_strategy})


def _tag(tag: InstagramUserTag) -> Mapping[str, object]:
    position = {} if tag.x is None or tag.y is None else {"x": tag.x, "y": tag.y}
    return {"username": tag.username, **position}


def _poll(poll: InstagramPoll) -> str:
    answers = {f"option_{letter}": answer for letter, answer in zip("abcd", poll.options, strict=False)}
    return json.dumps(answers, ensure_ascii=False)
