"""Duplicates posts as drafts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.ids import Prefix, format_id
from letmepost.services.callers import new_id
from letmepost.services.posts import read
from letmepost.services.posts.accept import Acceptance, new_batch
from letmepost.services.posts.requests import ContentRequest, LateRule, PostRequest, TargetRequest
from letmepost.services.posts.stored_contents import request_stored_content
from letmepost.services.work import Work
from letmepost.storage.posts.contents import decode_content, fit_of, on_unsupported
from letmepost.storage.posts.posts import PostView


class Duplication:
    """Creates drafts with the content of existing posts."""

    def __init__(self, acceptance: Acceptance) -> None:
        self._acceptance = acceptance

    async def duplicate(self, work: Work, post_id: UUID, request_id: str) -> PostView:
        """Store a draft for the same account, in a batch of its own. It is checked like a new post.

        It has the content, the metadata and the lateness rule of the post, not its time.

        Raises:
            InvalidRequest, PreflightFailed: the content can no longer be used.
            NotFound: the caller sees no such post.
            StateForbids: the account is disconnected, or a media item of the post was deleted.
        """
        view = await read.get(work, post_id)
        await _check_media(work, view.content)
        request = _request(view)
        composed = await self._acceptance.compose(work, request, {})
        batch = new_batch(new_id(work.clock), request, composed.posts, request_id=request_id, now=work.now())
        stored = await self._acceptance.store(work, request, batch, composed, {})
        return await read.get(work, stored.posts[0].id)


async def _check_media(work: Work, stored: Mapping[str, Any]) -> None:
    items = [item for _, item in decode_content(stored, {}).every_item()]
    wanted = {item.source_id or item.media_id for item in items}
    if missing := wanted - (await work.media.find_many(wanted)).keys() if wanted else set():
        raise refusals.posts.DUPLICATE_MEDIA_DELETED(media_id=format_id(Prefix.MEDIA, min(missing)))


def _request(view: PostView) -> PostRequest:
    post, stored = view.post, view.content
    content = request_stored_content(stored)
    return PostRequest(
        targets=[TargetRequest(account_id=post.account_id, platform=None, content=content, fit=fit_of(stored))],
        content=ContentRequest(),
        on_unsupported=on_unsupported(stored),
        is_draft=True,
        metadata=post.metadata,
        late=LateRule(post.late_within_s, post.late_then),
    )
