"""What a refusal of Instagram means: its codes decide, not its message.

Source: https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes (checked
2026-11-28). Four refusals have no code of their own, and are recognized by their words (observed by public clients).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.refusals import IN_DOUBT
from letmepost.platforms._meta import graph
from letmepost.platforms._meta.containers import EXPIRED, Status
from letmepost.platforms._meta.graph import read_error
from letmepost.platforms.instagram import refusals

NOT_READY = 2207027
CREATION_UNKNOWN = 2207008
MEDIA_UNKNOWN = 2207006
BLOCKED = 2207051
_MISSING = (100, 33)
_UNEXPLAINED = 2

BY_SUBCODE: Mapping[int, PlatformRefusal] = MappingProxyType(
    {
        2207001: refusals.CREATION_FAILED,
        2207003: refusals.DOWNLOAD_SLOW,
        2207004: refusals.IMAGE_TOO_LARGE,
        2207005: refusals.IMAGE_FORMAT,
        MEDIA_UNKNOWN: refusals.CONTAINER_UNKNOWN,
        CREATION_UNKNOWN: refusals.CONTAINER_UNKNOWN,
        2207009: refusals.IMAGE_RATIO,
        2207010: refusals.CAPTION,
        2207018: refusals.COLLABORATOR,
        2207020: refusals.CONTAINER_EXPIRED,
        2207023: refusals.MEDIA_TYPE,
        2207026: refusals.VIDEO_FORMAT,
        NOT_READY: refusals.NOT_READY,
        2207028: refusals.CAROUSEL_COUNT,
        2207032: refusals.CREATION_FAILED,
        2207035: refusals.PRODUCT_TAGS,
        2207036: refusals.PRODUCT_TAGS,
        2207037: refusals.PRODUCT_TAGS,
        2207040: refusals.TOO_MANY_TAGS,
        2207042: refusals.QUOTA_DAY,
        2207050: refusals.ACCOUNT_RESTRICTED,
        BLOCKED: refusals.ACTION_BLOCKED,
        2207052: refusals.MEDIA_UNREACHABLE,
        2207053: refusals.CREATION_FAILED,
        2207057: refusals.THUMBNAIL_OFFSET,
        2207073: refusals.MEDIA_TYPE,
        2207076: refusals.VIDEO_FAILED,
        2207077: refusals.VIDEO_FAILED,
        2207081: refusals.TRIAL_REELS,
        2207082: refusals.CREATION_FAILED,
    }
)
_BY_WORDS: Mapping[str, PlatformRefusal] = MappingProxyType(
    {
        "param collaborators is not allowed": refusals.COLLABORATORS_PLACE,
        "INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID": refusals.LOCATION,
        "The user is not an Instagram Business": refusals.NOT_PROFESSIONAL,
        "Not enough permissions to post": refusals.NOT_PERMITTED,
    }
)
_UNDECIDED = frozenset({2207001, 2207003, 2207032, 2207053, 2207082})
"""Refusals that say nothing about a post if they are the reply to its publication."""
_NUMBER = re.compile(r"\b2207[0-9]{3}\b")


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    error, own = read_error(reply), dict(BY_SUBCODE)
    named = None
    if error is not None and not reply.ok:
        named = next((refusal for words, refusal in _BY_WORDS.items() if words in error.message), None)
        if is_missing(reply) and call.effect is Effect.PREPARE:
            named = refusals.ACCOUNT_LOST
    if call.effect is Effect.PUBLISH:
        own |= dict.fromkeys(_UNDECIDED, IN_DOUBT)
    return graph.explain(call, reply, own, "Instagram", named)


def is_missing(reply: Reply) -> bool:
    """Return True if Instagram does not show an object: it does not exist, is not permitted, or its reads fail."""
    error = read_error(reply)
    return error is not None and not reply.ok and (error.code, error.subcode) == _MISSING


def is_refused_id(reply: Reply) -> bool:
    """Return True if Instagram may not know the account by the id in the path: 100/33, or an unexplained error."""
    error = read_error(reply)
    return is_missing(reply) or (error is not None and error.code == _UNEXPLAINED)


def subcode_of(reply: Reply) -> int | None:
    """Return the subcode of a refusal, or None without one."""
    error = read_error(reply)
    return None if error is None or reply.ok else error.subcode


def named_in(status: Status) -> PlatformRefusal | None:
    """Return what the number in the status of a failed container means; None without a known one."""
    found = _NUMBER.search(status.error)
    return None if found is None else BY_SUBCODE.get(int(found[0]))


def container_failure(status: Status) -> PlatformFailure:
    """Return the failure of a container that can never be published."""
    if status.name == EXPIRED:
        return refusals.CONTAINER_EXPIRED()
    named, reason = named_in(status), status.error[:200]
    if named is None or named.kind is FailureKind.UNAVAILABLE:
        return refusals.CONTAINER_ERROR(reason=reason)
    return named(reason=reason, network="Instagram")
