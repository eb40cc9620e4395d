"""What the server accepts as the metadata of a video.

The limits are implemented from fact sheet sections 2.7, 2.8 and 3, after the discovery document (revision 20261104) and
https://developers.google.com/youtube/v3/docs/videos#properties. Nothing is shared with preflight's rules: one wrong
number would make both wrong.
"""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from letmepost.platforms.youtube.simulator.wire import YouTubeError, invalid, read_time

_TITLE_MAX_CHARACTERS = 100
_DESCRIPTION_MAX_BYTES = 5000
_TAGS_MAX_CHARACTERS = 500
_FORBIDDEN = re.compile(r"[<>\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORBIDDEN_IN_TITLE = re.compile(r"[<>\x00-\x1f\x7f]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_UNSUPPORTED_LANGUAGES = frozenset({"nb"})
_TEXTS = dict.fromkeys(("title", "description", "categoryId", "defaultLanguage", "defaultAudioLanguage"), str)
_FLAGS = dict.fromkeys(("embeddable", "publicStatsViewable", "selfDeclaredMadeForKids", "containsSyntheticMedia"), bool)
_WRITABLE: Mapping[str, Mapping[str, type]] = MappingProxyType(
    {
        "snippet": {**_TEXTS, "tags": list},
        "status": {**_FLAGS, "privacyStatus": str, "publishAt": str, "license": str},
        "localizations": {},
        "recordingDetails": {"recordingDate": str, "locationDescription": str, "location": dict},
        "paidProductPlacementDetails": {"hasPaidProductPlacement": bool},
    }
)
_READ_ONLY = {
    "snippet": {"publishedAt", "channelId", "thumbnails", "channelTitle", "liveBroadcastContent", "localized"},
    "status": {"uploadStatus", "failureReason", "rejectionReason", "madeForKids"},
}
"""Fields that a program may send back as it read them. They are ignored."""
_CHOICES = {"privacyStatus": {"public", "unlisted", "private"}, "license": {"youtube", "creativeCommon"}}
CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "1": "Film & Animation",
        "2": "Autos & Vehicles",
        "10": "Music",
        "15": "Pets & Animals",
        "17": "Sports",
        "19": "Travel & Events",
        "20": "Gaming",
        "22": "People & Blogs",
        "23": "Comedy",
        "24": "Entertainment",
        "25": "News & Politics",
        "26": "Howto & Style",
        "27": "Education",
        "28": "Science & Technology",
        "29": "Nonprofits & Activism",
    }
)
"""The categories that a video can have."""
UNASSIGNABLE_CATEGORIES: Mapping[str, str] = MappingProxyType({"18": "Short Movies", "30": "Movies", "44": "Trailers"})


def read_metadata(body: Mapping[str, Any], parts: Collection[str]) -> dict[str, Any]:
    """Return the metadata that a new video has: the named parts, without what is read-only.

    Raises:
        YouTubeError: a field is unknown, or its value is not valid.
    """
    unknown = [name for name in body if name not in _WRITABLE and name not in _IGNORED]
    if unknown:
        raise _unknown(unknown[0], "video")
    given = {part: _read_part(part, body[part]) for part in _WRITABLE if part in parts and part in body}
    _check_snippet(given.get("snippet", {}))
    _check_localizations(given)
    _check_status(given.get("status", {}))
    recorded = given.get("recordingDetails", {}).get("recordingDate")
    if recorded is not None and read_time(recorded) is None:
        raise _invalid("RecordingDetails", "recording details", "recordingDetails.recordingDate")
    return given


def _check_status(status: Mapping[str, Any]) -> None:
    """Raise `YouTubeError` if the status of a video is not valid. A time in the past publishes immediately."""
    for name, allowed in _CHOICES.items():
        if name in status and status[name] not in allowed:
            raise _invalid("VideoMetadata", "metadata", f"status.{name}")
    if "publishAt" in status and (read_time(status["publishAt"]) is None or status.get("privacyStatus") != "private"):
        raise _invalid("PublishAt", "scheduled publishing time", "status.publishAt")


def _read_part(part: str, value: Any) -> Any:
    if not isinstance(value, dict):
        raise _wrong_type(f"video.{part}")
    if part == "localizations":
        return value
    known = _WRITABLE[part]
    for name, found in value.items():
        if name not in known and name not in _READ_ONLY.get(part, ()):
            raise _unknown(name, f"video.{part}")
        if name in known and not isinstance(found, known[name]):
            raise _wrong_type(f"video.{part}.{name}")
    return {name: found for name, found in value.items() if name in known}


def _check_snippet(snippet: Mapping[str, Any]) -> None:
    _check_texts(snippet, "snippet")
    tags = snippet.get("tags", [])
    if (
        not all(isinstance(tag, str) and not _FORBIDDEN.search(tag) for tag in tags)
        or _length(tags) > _TAGS_MAX_CHARACTERS
    ):
        raise _invalid("Tags", "keywords", "snippet.tags")
    if snippet.get("categoryId", "22") not in CATEGORIES:
        raise _invalid("CategoryId", "category ID", "snippet.categoryId")
    for name in ("defaultLanguage", "defaultAudioLanguage"):
        _check_language(snippet.get(name, "en"), f"snippet.{name}")


def _check_texts(texts: Mapping[str, Any], location: str) -> None:
    title, description = texts.get("title", ""), texts.get("description", "")
    if not title.strip() or len(title) > _TITLE_MAX_CHARACTERS or _FORBIDDEN_IN_TITLE.search(title):
        raise _invalid("Title", "or empty video title", f"{location}.title")
    if len(description.encode("utf-8", "replace")) > _DESCRIPTION_MAX_BYTES or _FORBIDDEN.search(description):
        raise _invalid("Description", "video description", f"{location}.description")


def _check_localizations(given: Mapping[str, Any]) -> None:
    localizations = given.get("localizations", {})
    if localizations and not given.get("snippet", {}).get("defaultLanguage"):
        message = "The request is trying to add localized video details without specifying the default language."
        raise invalid("defaultLanguageNotSet", message, location="snippet.defaultLanguage")
    for language, texts in localizations.items():
        _check_language(language, "localizations")
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            raise _wrong_type("video.localizations")
        _check_texts(texts, f"localizations.{language}")


def _check_language(code: str, location: str) -> None:
    if not _LANGUAGE.fullmatch(code) or code in _UNSUPPORTED_LANGUAGES:
        raise _invalid("VideoMetadata", "metadata", location)


def _length(tags: list[str]) -> int:
    """Return the length of a list of tags: with commas between them, and quotes around a tag with a space."""
    return sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(len(tags) - 1, 0)


def _invalid(reason: str, what: str, location: str) -> YouTubeError:
    return invalid(f"invalid{reason}", f"The request metadata specifies an invalid {what}.", location=location)


def _unknown(name: str, where: str) -> YouTubeError:
    return invalid(
        "badRequest", f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field."
    )


def _wrong_type(where: str) -> YouTubeError:
    return invalid("badRequest", f"Invalid value at '{where}'.")


_IGNORED = frozenset(
    {"id", "kind", "etag", "contentDetails", "statistics", "player", "processingDetails", "fileDetails", "suggestions"}
)
