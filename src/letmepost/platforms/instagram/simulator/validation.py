"""What the server accepts as the parameters of a container or a comment.

The limits and the counting are implemented from fact sheet sections 2.1, 3 and 4 and its corrections, after
https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media, checked 2026-11-28.
Nothing is shared with preflight's rules: one wrong number would make both wrong.
"""

import json
import re
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from letmepost.platforms._meta.simulator.graph import Parameters, Refused, wrong_parameter

CHILDREN = range(2, 11)
_CAPTION_MAX = 2200
_HASHTAGS_MAX = 30
_MENTIONS_MAX = 20
_ALT_TEXT_MAX = 1000
_COLLABORATORS_MAX = 3
_COMMENT_MAX = 300
_COMMENT_HASHTAGS_MAX = 4
_COMMENT_LINKS_MAX = 1
_POLL_OPTIONS = ("option_a", "option_b", "option_c", "option_d")
_NO_SUCH_USERS = frozenset({"unknown_user", "private_user"})
_NO_SUCH_PLACE = "404404404"
_ADD_ONS = ("poll_attachment", "is_comment_prompt_used")
_NOT_ON_CHILDREN = ("caption", "location_id", "is_ai_generated", *_ADD_ONS)
_NOT_ON_STORIES = ("caption", "alt_text", "location_id", *_ADD_ONS)


def check_media(given: Parameters, kind: str, *, may_upload: bool) -> None:
    """Raise `Refused` if there is no image or video, or its URL is invalid. Nothing is fetched.

    Args:
        may_upload: True for Facebook Login, which also receives the bytes of videos.
    """
    if given.get("upload_type") is not None:
        if given.get("upload_type") != "resumable" or kind == "IMAGE" or not may_upload:
            raise wrong_parameter("param upload_type is not allowed")
        return
    names = {"IMAGE": ("image_url",), "STORIES": ("image_url", "video_url")}.get(kind, ("video_url",))
    url = next((found for name in names if (found := given.get(name)) is not None), None)
    _check_url(given.require(names[0]) if url is None else url)
    if given.get("cover_url") is not None:
        _check_url(given.require("cover_url"))


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or not url.isascii():
        raise Refused("Only photo or video can be accepted as media type.", code=9004, subcode=2207052)


def check_reel(given: Parameters, kind: str, *, has_trials: bool) -> None:
    """Raise `Refused` if a parameter of reels is invalid, or is sent for something else."""
    for name in ("cover_url", "share_to_feed", "trial_params"):
        if given.get(name) is not None and kind != "REELS":
            raise wrong_parameter(f"param {name} is not allowed")
    if given.get("share_to_feed") not in {None, "true", "false"}:
        raise wrong_parameter("param share_to_feed must be a boolean")
    if given.get("alt_text") is not None and kind in {"REELS", "VIDEO"}:
        raise wrong_parameter("param alt_text is not allowed")
    if given.get("trial_params") is not None:
        _check_trial(given.require("trial_params"), has_trials=has_trials)


def _check_trial(text: str, *, has_trials: bool) -> None:
    try:
        trial: Any = json.loads(text)
    except ValueError:
        raise wrong_parameter("param trial_params is not JSON") from None
    if not isinstance(trial, dict) or trial.get("graduation_strategy") not in {"MANUAL", "SS_PERFORMANCE"}:
        raise wrong_parameter("param trial_params has an unknown graduation_strategy")
    if not has_trials:
        raise Refused("Trial reels are not supported for this account.", code=100, subcode=2207081)


def check_place(given: Parameters, kind: str, *, is_child: bool) -> None:
    """Raise `Refused` if a parameter is not allowed for this kind of container."""
    if given.get("collaborators") is not None and (is_child or kind == "STORIES"):
        raise wrong_parameter("param collaborators is not allowed")
    for name in (*(_NOT_ON_CHILDREN if is_child else ()), *(_NOT_ON_STORIES if kind == "STORIES" else ())):
        if given.get(name) is not None:
            raise wrong_parameter(f"param {name} is not allowed")


def check_texts(given: Parameters) -> None:
    """Raise `Refused` if the caption or the alt text is too long, or has too many hashtags or mentions."""
    caption = given.get("caption") or ""
    if (
        _length(caption) > _CAPTION_MAX
        or _hashtag_count(caption) > _HASHTAGS_MAX
        or _mention_count(caption) > _MENTIONS_MAX
    ):
        raise Refused(
            "The caption was too long.",
            code=36004,
            subcode=2207010,
            user_message="The caption can be up to 2,200 characters, 30 hashtags, and 20 @ tags.",
        )
    if _length(given.get("alt_text") or "") > _ALT_TEXT_MAX:
        raise wrong_parameter("param alt_text is too long")


def check_people(given: Parameters, *, is_story: bool, is_video: bool) -> None:
    """Raise `Refused` if a person cannot be found, or a tag has no position. In a video, it must have none."""
    collaborators = _json_list(given, "collaborators")
    if len(collaborators) > _COLLABORATORS_MAX:
        raise wrong_parameter("param collaborators must have at most 3 usernames")
    tags = _json_list(given, "user_tags")
    for tag in tags:
        if not isinstance(tag, dict) or not isinstance(tag.get("username"), str):
            raise wrong_parameter("param user_tags must be a list of objects with a username")
        is_free = "x" not in tag and "y" not in tag
        if (is_video and not is_free) or not (_has_position(tag) or (is_free and (is_story or is_video))):
            raise wrong_parameter("param user_tags must have x and y between 0 and 1")
    for name in (*collaborators, *(tag["username"] for tag in tags)):
        if not isinstance(name, str) or not re.fullmatch(r"[a-zA-Z0-9_.]+", name) or name in _NO_SUCH_USERS:
            message = f"The account {name} cannot be tagged or invited."
            raise Refused("Invalid user id", code=110, subcode=2207018, user_message=message)


def check_location(given: Parameters) -> None:
    """Raise `Refused` if the location does not exist."""
    place = given.get("location_id")
    if place is not None and (not place.isdigit() or place == _NO_SUCH_PLACE):
        raise wrong_parameter("INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID")


def check_add_ons(given: Parameters, *, is_allowed: bool) -> None:
    """Raise `Refused` if a poll or a comment prompt is invalid."""
    names = [name for name in _ADD_ONS if given.get(name) not in {None, "false"}]
    if not names:
        return
    if not is_allowed:
        raise wrong_parameter(f"param {names[0]} is only available with Facebook Login")
    if len(names) > 1:
        raise wrong_parameter("A media can carry at most one caption add-on")
    if given.get("caption") is None:
        raise wrong_parameter("A caption add-on requires a caption")
    if names == ["poll_attachment"]:
        _check_poll(given.require("poll_attachment"))


def check_comment(given: Parameters) -> str:
    """Return the text of a comment, or raise `Refused`."""
    text = given.require("message")
    if _length(text) > _COMMENT_MAX or text.isupper():
        raise wrong_parameter("The comment is too long, or all in capital letters")
    if (
        _hashtag_count(text) > _COMMENT_HASHTAGS_MAX
        or len(re.findall(r"(?i)https?://[^\s]", text)) > _COMMENT_LINKS_MAX
    ):
        raise wrong_parameter("The comment has too many hashtags or links")
    return text


def _check_poll(text: str) -> None:
    try:
        poll: Any = json.loads(text)
    except ValueError:
        raise wrong_parameter("param poll_attachment is not JSON") from None
    if not isinstance(poll, dict) or not set(_POLL_OPTIONS[:2]) <= set(poll) <= set(_POLL_OPTIONS):
        raise wrong_parameter("param poll_attachment must have two to four options")
    if not all(isinstance(answer, str) and answer.strip() for answer in poll.values()):
        raise wrong_parameter("param poll_attachment has an empty option")


def _json_list(given: Parameters, name: str) -> list[Any]:
    try:
        value = json.loads(given.get(name) or "[]")
    except ValueError:
        raise wrong_parameter(f"param {name} is not JSON") from None
    if not isinstance(value, list):
        raise wrong_parameter(f"param {name} is not a list")
    return value


def _has_position(tag: dict[str, Any]) -> bool:
    given = (tag.get("x"), tag.get("y"))
    return all(isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= 1 for one in given)


def _length(text: str) -> int:
    """Return the length in UTF-16: a character beyond U+FFFF takes two units."""
    return sum(2 if ord(character) > 0xFFFF else 1 for character in text)


def _hashtag_count(text: str) -> int:
    return sum(1 for sign, follower in pairwise(text) if sign == "#" and _is_word(follower))


def _mention_count(text: str) -> int:
    before = f" {text}"
    return sum(
        1
        for left, sign, right in zip(before, text, text[1:], strict=False)
        if sign == "@" and not _is_word(left) and (right in "._" or (right.isascii() and right.isalnum()))
    )


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
