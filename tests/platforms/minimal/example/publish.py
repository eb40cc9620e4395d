"""Publishes a post: its image first, then the post. Finds a post whose response was lost, and deletes posts."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Absent, Flow, Intent, Live, Reconciled, Unknown
from letmepost.platforms._kit.drafts import drafts_of
from letmepost.platforms._kit.fields import objects_in, text_in
from letmepost.platforms._kit.flows import complete, fetch, is_deleted_or_missing, succeed
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
from letmepost.platforms.contract import ReadyPost
from tests.platforms.minimal.example.api import create_post, delete_post, list_posts, upload_image
from tests.platforms.minimal.example.options import ExampleOptions
from tests.platforms.minimal.example.replies import explain, read_id
from tests.platforms.minimal.example.settings import ExampleSettings

VISIBILITY_DELAY_S = 5.0
"""How long a new post may be missing on a list (https://docs.example.com/posts, read 2026-11-29)."""

_CLOCKS_APART = timedelta(seconds=30)
"""How much two clocks may differ. In this time, Example refuses a second post with the same content."""


def publish(post: ReadyPost, settings: ExampleSettings) -> Flow[None]:
    """Publish a post with its image."""
    options = ExampleOptions.model_validate(post.content.options)
    [draft] = drafts_of(post.content)
    images = []
    for upload in draft.uploads():
        image_id = yield from fetch(upload_image(settings, upload), read_id, explain)
        images.append({"id": image_id, "alt_text": upload.item.alt_text or ""})
    call = create_post(settings, {"text": draft.text, "images": images, "audience": options.audience}, step=draft.step)
    reply = yield from succeed(call, explain, lambda reply: read_id(reply) is not None)
    yield Live(uri=reply.data()["id"], url=text_in(reply.data(), "url"))


def reconcile(post: ReadyPost, intent: Intent, settings: ExampleSettings) -> Flow[Reconciled]:
    """Return what became of a post without a response."""
    return (yield from reconcile_by(_look_up(post, intent, settings)))


def _look_up(post: ReadyPost, intent: Intent, settings: ExampleSettings) -> Flow[Reconciled]:
    call = list_posts(settings, post.account.platform_account_id, intent.started_at - _CLOCKS_APART)
    reply = yield from succeed(call, explain, lambda reply: isinstance(reply.data().get("posts"), list))
    for entry in objects_in(reply.data(), "posts"):
        if text_in(entry, "id") and _content(entry) == _content(intent.call.json or {}):
            return found_as(201, reply.received_at, data=entry)
    return Unknown("Example lists too many posts of that time.") if "next" in reply.data() else Absent()


def _content(post: Mapping[str, Any]) -> tuple[str | None, list[str | None]]:
    """Return what identifies a post: its text, and its images, which have new ids in each upload."""
    return text_in(post, "text"), [text_in(image, "id") for image in objects_in(post, "images")]


def unpublish(_account: AccountFacts, uris: Sequence[str], settings: ExampleSettings) -> Flow[None]:
    """Delete posts. A missing post counts as deleted, so an interrupted deletion can be repeated."""
    yield from complete([delete_post(settings, uri) for uri in uris], is_deleted_or_missing, explain)
