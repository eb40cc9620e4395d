"""Finds out whether a container was published, from its status, and as which post, from a search.

https://developers.facebook.com/docs/threads/troubleshooting (checked 2026-11-21). A container can be published only
once, so one that is still FINISHED can be published again without a second post.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from letmepost.domain.flow import Absent, Flow, Intent, Reconciled, Unknown
from letmepost.platforms._kit.drafts import drafts_of
from letmepost.platforms._kit.fields import id_in, moment_in, objects_in, text_in
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.threads.api import list_recent
from letmepost.platforms.threads.containers import read_status
from letmepost.platforms.threads.drafts import ContainerPlan
from letmepost.platforms.threads.options import ThreadsOptions
from letmepost.platforms.threads.refusals import NOT_LISTED_YET
from letmepost.platforms.threads.replies import explain
from letmepost.platforms.threads.settings import ThreadsSettings

_CLOCKS_APART = timedelta(seconds=60)


def reconcile(post: ReadyPost, intent: Intent, settings: ThreadsSettings) -> Flow[Reconciled]:
    """Return what became of a publish call without a reply.

    Raises:
        PlatformFailure: Threads cannot report it now; try again later.
    """
    return (yield from reconcile_by(_look_up(post, intent, settings)))


def _look_up(post: ReadyPost, intent: Intent, settings: ThreadsSettings) -> Flow[Reconciled]:
    status = yield from read_status((intent.call.form or {})["creation_id"], settings)
    if status.name == "FINISHED":
        return Absent()
    if status.name != "PUBLISHED":
        return Unknown(f"Threads reports the status {status.name[:40]} for the post.")
    since = intent.started_at - _CLOCKS_APART
    post_id = yield from find_published(post, _plan_of(post, intent), since, intent.started_at, settings)
    if post_id is None:
        raise NOT_LISTED_YET()
    return found_as(200, status.read_at, data={"id": post_id})


def find_published(
    post: ReadyPost, plan: ContainerPlan, since: datetime, about: datetime, settings: ThreadsSettings
) -> Flow[str | None]:
    """Return the id of the post that the plan became.

    Of several posts with the same content, the one closest to `about` counts.

    Raises:
        PlatformFailure: Threads did not return a usable response.
    """
    call = list_recent(settings, post.account.platform_account_id, since, replies=plan.is_reply)
    reply = yield from succeed(call, explain, lambda reply: isinstance(reply.data().get("data"), list))
    found = [
        (abs(published_at - about), row["id"])
        for row in objects_in(reply.data(), "data")
        if _is_draft(row, plan) and (published_at := moment_in(row, "timestamp")) is not None
        if published_at >= since
    ]
    return min(found)[1] if found else None


def _plan_of(post: ReadyPost, intent: Intent) -> ContainerPlan:
    options = ThreadsOptions.model_validate(post.content.options)
    return next(ContainerPlan(draft, options) for draft in drafts_of(post.content) if draft.step == intent.call.step)


def _is_draft(row: Mapping[str, Any], plan: ContainerPlan) -> bool:
    is_same = (text_in(row, "text") or "").strip() == plan.draft.text.strip()
    return is_same and row.get("media_type") == plan.shown_as and id_in(row) is not None
