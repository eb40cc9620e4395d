"""Finds out what became of a post or a comment if the response was lost.

Posts of pages can be read. Those of members cannot: but LinkedIn refuses a post that repeats a recent one, and names
the earlier one. It is not documented how long LinkedIn detects repeats, or whether it does for documents and polls. So
the post is repeated soon or not at all, and only without documents and polls. A repeat without a response is in doubt
like the original, and is made again when the previous one must have arrived.
https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api (checked 2026-11-22).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Flow, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.journal import CONNECTING_MAX_S
from letmepost.platforms._kit.drafts import COMMENT_STEP
from letmepost.platforms._kit.fields import number_in, object_in, objects_in, text_in
from letmepost.platforms._kit.flows import find, succeed
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.linkedin.refusals import UNDECIDED
from letmepost.platforms.linkedin.replies import duplicate_of, explain
from letmepost.platforms.linkedin.rest import elements, list_comments, list_posts
from letmepost.platforms.linkedin.session import introspect
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.urns import is_organization, is_post

VISIBILITY_DELAY_S = 30.0
"""How long LinkedIn may take to show an accepted post. Reports say "seconds"; it is not documented."""

_REPEAT_WITHIN = timedelta(minutes=10)
_CLOCKS_APART = timedelta(minutes=2)


def reconcile(_post: ReadyPost, intent: Intent, settings: LinkedInSettings) -> Flow[Reconciled]:
    """Return what became of an intent, by a read where one is possible, else by repeating it.

    Raises:
        PlatformFailure: LinkedIn cannot report it now; try again later.
    """
    return (yield from reconcile_by(_look_up(intent, settings)))


def _look_up(intent: Intent, settings: LinkedInSettings) -> Flow[Reconciled]:
    if intent.call.step == COMMENT_STEP:
        return (yield from _find_comment(intent, settings))
    if is_organization(_body(intent)["author"]):
        found = yield from _find_post(intent, settings)
        if found is not None:
            return found
    introspection = yield from introspect(settings)
    return (yield from _repeat(intent, introspection.received_at))


def _repeat(intent: Intent, now: datetime) -> Flow[Reconciled]:
    if now - intent.started_at > _REPEAT_WITHIN:
        return Unknown("LinkedIn does not let apps read members' posts, and detects a repeat only for a short time.")
    if not {"media", "poll"}.isdisjoint(_shown(intent)) and not _is_image(intent):
        return Unknown("LinkedIn does not let apps read members' posts, and may not detect a repeat of this kind.")
    again_at = now + timedelta(seconds=CONNECTING_MAX_S + intent.call.longest_s + VISIBILITY_DELAY_S)
    try:
        reply = yield intent.call
    except PlatformFailure as failure:
        raise _undecided(failure, again_at) from failure
    if reply.ok:
        return Found(reply)
    refusal = explain(intent.call, reply)
    if refusal.kind is FailureKind.IN_DOUBT:
        raise _undecided(refusal, again_at)
    urn = duplicate_of(reply) if refusal.kind is FailureKind.DUPLICATE else None
    if urn is None:
        raise refusal
    return _found(reply, urn)


def _undecided(failure: PlatformFailure, again_at: datetime) -> PlatformFailure:
    """Return a failure without a result as a reason to try again, but not before the repeat must have arrived."""
    if failure.kind not in {FailureKind.UNAVAILABLE, FailureKind.IN_DOUBT}:
        return failure
    return UNDECIDED(reason=failure.message, retry_at=again_at, response=failure.response)


def _find_post(intent: Intent, settings: LinkedInSettings) -> Flow[Found | None]:
    """Return the page's post that the intent was to create, or None if it is missing or cannot be read."""
    body = _body(intent)
    call = list_posts(settings, body["author"])
    reply = yield from find(call, lambda reply: reply, lambda reply: reply.status == 403, explain)
    if reply is None:
        return None
    earliest_ms = (intent.started_at - _CLOCKS_APART).timestamp() * 1000
    for post in elements(reply):
        created_ms = number_in(post, "createdAt") or 0
        is_same = post.get("commentary") == body["commentary"] and _media(post) == _media(body)
        if is_same and is_post(post.get("id")) and created_ms >= earliest_ms:
            return _found(reply, post["id"])
    return None


def _find_comment(intent: Intent, settings: LinkedInSettings) -> Flow[Reconciled]:
    body = _body(intent)
    reply = yield from succeed(list_comments(settings, body["object"]), explain)
    for comment in elements(reply):
        name = text_in(comment, "$URN") or text_in(comment, "id")
        is_same = comment.get("actor") == body["actor"] and comment.get("message") == body["message"]
        if is_same and name is not None:
            return _found(reply, name)
    return Unknown("The comment is missing, and LinkedIn does not detect a repeated comment.")


def _body(intent: Intent) -> Mapping[str, Any]:
    return intent.call.json or {}


def _shown(intent: Intent) -> Mapping[str, Any]:
    shown: Mapping[str, Any] = _body(intent).get("content") or {}
    return shown


def _is_image(intent: Intent) -> bool:
    return str(_shown(intent).get("media", {}).get("id", "")).startswith("urn:li:image:")


def _media(post: Mapping[str, Any]) -> object:
    """Return the ids of the media that a post shows. They are unique to one attempt."""
    content = object_in(post, "content")
    images = objects_in(object_in(content, "multiImage"), "images") or [object_in(content, "media")]
    return [text_in(image, "id") for image in images]


def _found(reply: Reply, name: str) -> Found:
    return found_as(201, reply.received_at, headers={"x-restli-id": name})
