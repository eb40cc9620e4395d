"""What became of a post or a comment whose answer was lost.

Pages' posts can be read. Members' cannot: what tells is that LinkedIn refuses a post that repeats a recent one, and
names that one. How long it remembers is nowhere written, and neither is whether that covers documents and polls: so
the repeat is made soon or not at all, and of other posts only. One without an answer is in doubt as the first was, and
is repeated once that must have arrived.
https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api (checked 2026-11-22).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Flow, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.journal import CONNECTING_MAX_S
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.linkedin.replies import duplicate_of, explain
from letmepost.platforms.linkedin.rest import COMMENT_STEP, elements, list_comments, list_posts
from letmepost.platforms.linkedin.session import introspect
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.urns import is_organization, is_post

VISIBILITY_DELAY_S = 30.0
"""How long what was accepted may take to show; "seconds" by all accounts, and written nowhere."""

_REPEAT_WITHIN = timedelta(minutes=10)
_CLOCKS_APART = timedelta(minutes=2)


def reconcile(_post: ReadyPost, intent: Intent, settings: LinkedInSettings) -> Flow[Reconciled]:
    """What became of an intent: by reading where one may, else by repeating it.

    Raises:
        PlatformFailure: LinkedIn cannot say now; ask again later.
    """
    try:
        if intent.call.step == COMMENT_STEP:
            return (yield from _find_comment(intent, settings))
        if is_organization(_body(intent)["author"]):
            found = yield from _find_post(intent, settings)
            if found is not None:
                return found
        asked = yield from introspect(settings)
        return (yield from _repeat(intent, asked.received_at))
    except PlatformFailure as failure:
        if POLICIES[failure.kind].next is Next.TRY_AGAIN:
            raise
        return Unknown(failure.message)


def _repeat(intent: Intent, now: datetime) -> Flow[Reconciled]:
    if now - intent.started_at > _REPEAT_WITHIN:
        return Unknown("LinkedIn shows members' posts to nobody, and recognises a repeat for a short time only.")
    if not {"media", "poll"}.isdisjoint(_shown(intent)) and not _is_image(intent):
        return Unknown("LinkedIn shows members' posts to nobody, and may not recognise a repeat of this kind.")
    again_at = now + timedelta(seconds=CONNECTING_MAX_S + intent.call.timeout_s + VISIBILITY_DELAY_S)
    try:
        reply = yield intent.call
    except PlatformFailure as failure:
        raise _unsaid(failure, again_at) from failure
    if reply.ok:
        return Found(reply)
    refusal = explain(intent.call, reply)
    if refusal.kind is FailureKind.IN_DOUBT:
        raise _unsaid(refusal, again_at)
    urn = duplicate_of(reply) if refusal.kind is FailureKind.DUPLICATE else None
    if urn is None:
        raise refusal
    return Found(_answer(reply, {"x-restli-id": urn}))


def _unsaid(failure: PlatformFailure, again_at: datetime) -> PlatformFailure:
    """What did not say whether there is a post, as a reason to ask again: not while it may still be under way."""
    if failure.kind not in {FailureKind.UNAVAILABLE, FailureKind.IN_DOUBT}:
        return failure
    return PlatformFailure(FailureKind.UNAVAILABLE, failure.message, retry_at=again_at, response=failure.response)


def _find_post(intent: Intent, settings: LinkedInSettings) -> Flow[Found | None]:
    """The page's post that the intent was to make; None when it is not there, or may not be looked for."""
    body = _body(intent)
    call = list_posts(settings, body["author"])
    reply = yield call
    if reply.status == 403:
        return None
    if not reply.ok:
        raise explain(call, reply)
    earliest_ms = (intent.started_at - _CLOCKS_APART).timestamp() * 1000
    for post in elements(reply):
        created_ms = post.get("createdAt")
        is_ours = post.get("commentary") == body["commentary"] and _media(post) == _media(body)
        if is_ours and is_post(post.get("id")) and isinstance(created_ms, int) and created_ms >= earliest_ms:
            return Found(_answer(reply, {"x-restli-id": str(post["id"])}))
    return None


def _find_comment(intent: Intent, settings: LinkedInSettings) -> Flow[Reconciled]:
    body = _body(intent)
    call = list_comments(settings, body["object"])
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)
    for comment in elements(reply):
        if comment.get("actor") == body["actor"] and comment.get("message") == body["message"]:
            return Found(_answer(reply, {"x-restli-id": str(comment.get("$URN") or comment.get("id"))}))
    return Unknown("The comment is not there, and LinkedIn recognises no repeat of one.")


def _body(intent: Intent) -> Mapping[str, Any]:
    return intent.call.json or {}


def _shown(intent: Intent) -> Mapping[str, Any]:
    shown: Mapping[str, Any] = _body(intent).get("content") or {}
    return shown


def _is_image(intent: Intent) -> bool:
    return str(_shown(intent).get("media", {}).get("id", "")).startswith("urn:li:image:")


def _media(post: Mapping[str, Any]) -> object:
    """The media that a post shows: their names belong to one attempt alone."""
    content = post.get("content") or {}
    images = (content.get("multiImage") or {}).get("images") or [content.get("media") or {}]
    return [image.get("id") for image in images]


def _answer(reply: Reply, headers: Mapping[str, str]) -> Reply:
    """What the lost call would have been answered."""
    return Reply(status=201, headers=headers, received_at=reply.received_at)
