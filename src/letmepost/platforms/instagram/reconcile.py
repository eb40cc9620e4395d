"""Finds out whether a container was published, from its status, and as which post, from the account's list of posts.

https://developers.facebook.com/docs/instagram-platform/content-publishing (checked 2026-11-28). A container can be
published only once, so one that is still FINISHED can be published again without a second post.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from letmepost.domain.flow import Absent, Flow, Intent, Reconciled, Unknown
from letmepost.domain.text import as_compared
from letmepost.platforms._kit.drafts import COMMENT_STEP
from letmepost.platforms._kit.fields import id_in, moment_in, objects_in, text_in
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
from letmepost.platforms._meta.containers import FAILED, FINISHED, PUBLISHED, UNREADABLE
from letmepost.platforms._meta.graph import is_list
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.instagram.api import Api
from letmepost.platforms.instagram.containers import read_status
from letmepost.platforms.instagram.drafts import ContainerPlan
from letmepost.platforms.instagram.refusals import NOT_LISTED_YET, NOT_READY, STATUS_UNREADABLE
from letmepost.platforms.instagram.replies import explain
from letmepost.platforms.instagram.settings import InstagramSettings

_CLOCKS_APART = timedelta(seconds=60)


def reconcile(post: ReadyPost, intent: Intent, settings: InstagramSettings) -> Flow[Reconciled]:
    """Return what became of a publish call, or of the call of a first comment, without a reply.

    Raises:
        PlatformFailure: Instagram cannot report it now; try again later.
    """
    api = Api.of(post.account, settings)
    look_up = _look_up_comment if intent.call.step == COMMENT_STEP else _look_up
    return (yield from reconcile_by(look_up(post, intent, api)))


def _look_up(post: ReadyPost, intent: Intent, api: Api) -> Flow[Reconciled]:
    status = yield from read_status((intent.call.form or {})["creation_id"], api)
    if status.name == FINISHED:
        return Absent()
    if status.name not in {PUBLISHED, UNREADABLE, *FAILED}:
        raise NOT_READY()
    media_id = yield from find_published(ContainerPlan.of(post.content), intent.started_at, api)
    if media_id is not None:
        return found_as(200, status.read_at, data={"id": media_id})
    if status.name in FAILED:
        return Unknown(f"Instagram reports the status {status.name[:40]} for the post.")
    raise NOT_LISTED_YET() if status.name == PUBLISHED else STATUS_UNREADABLE()


def _look_up_comment(post: ReadyPost, intent: Intent, api: Api) -> Flow[Reconciled]:
    media_id = urlsplit(intent.call.url).path.split("/")[-2]
    text = (intent.call.form or {})["message"]
    comment_id = yield from find_comment(post, media_id, text, api)
    if comment_id is None:  # how late a comment is listed is not documented, and a repeat would be a second one
        return Unknown("Instagram does not list the comment.")
    return found_as(200, intent.started_at, data={"id": comment_id})


def find_published(plan: ContainerPlan, about: datetime, api: Api) -> Flow[str | None]:
    """Return the id of the post that a container became; None if the account's list does not show it.

    The newest post may be another one, so text, kind and time must match. Of several that do, the one closest to
    `about` counts: the time of the container, or of the call that published it.

    Raises:
        PlatformFailure: Instagram did not return a list.
    """
    since = about - _CLOCKS_APART
    reply = yield from succeed(api.list_recent(since, stories=plan.is_story), explain, is_list)
    found = [
        (abs(published_at - about), media_id)
        for row in objects_in(reply.data(), "data")
        if (published_at := moment_in(row, "timestamp")) is not None and published_at >= since
        if (media_id := id_in(row)) is not None and _is_plan(row, plan)
    ]
    return min(found)[1] if found else None


def find_comment(post: ReadyPost, media_id: str, text: str, api: Api) -> Flow[str | None]:
    """Return the id of the account's own comment with this text on a post; None if there is none.

    Raises:
        PlatformFailure: Instagram did not return a list.
    """
    reply = yield from succeed(api.list_comments(media_id), explain, is_list)
    for row in objects_in(reply.data(), "data"):
        username = text_in(row, "username")
        is_own = username is None or post.account.handle is None or username == post.account.handle
        if is_own and _is_same(text_in(row, "text"), text) and id_in(row) is not None:
            return id_in(row)
    return None


def _is_plan(row: Mapping[str, Any], plan: ContainerPlan) -> bool:
    return row.get("media_type") == plan.shown_as and _is_same(text_in(row, "caption"), plan.caption)


def _is_same(shown: str | None, sent: str) -> bool:
    return as_compared(shown or "") == as_compared(sent)
