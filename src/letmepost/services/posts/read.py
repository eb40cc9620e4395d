"""Reads posts and batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.ids import Prefix
from letmepost.domain.lateness import Lateness
from letmepost.domain.posts import PostStatus
from letmepost.gateways.upload_progress import UploadProgress, UploadReports
from letmepost.services.posts.lateness import find_lateness_of
from letmepost.services.work import Reads, Work
from letmepost.storage.posts.batches import BatchRow
from letmepost.storage.posts.posts import AttemptRow, PostView


@dataclass(frozen=True, slots=True)
class PostDetail:
    """A post with every attempt, how late it is, and how much of its media the platform has, while that is sent."""

    view: PostView
    attempts: Sequence[AttemptRow]
    lateness: Lateness | None
    progress: UploadProgress | None


async def get_detail(reads: Reads, upload_reports: UploadReports, post_id: UUID) -> PostDetail:
    """Return a post with its attempts.

    Raises:
        NotFound: the caller sees no such post.
    """
    found = await reads.posts.find(post_id)
    if found is None or not reads.caller.sees(found.view.post.profile_id):
        raise refusals.requests.not_found(Prefix.POST, post_id)
    progress = None
    if found.view.post.status is PostStatus.PUBLISHING:
        caller = reads.caller
        progress = await upload_reports.find(caller.organization_id, caller.mode, post_id)
    return PostDetail(found.view, found.attempts, await find_lateness_of(reads, found), progress)


async def get(work: Work, post_id: UUID) -> PostView:
    """Return a post as it is now.

    Raises:
        NotFound: the caller sees no such post.
    """
    view = await work.posts.find(post_id)
    if view is None or not work.caller.sees(view.post.profile_id):
        raise refusals.requests.not_found(Prefix.POST, post_id)
    return view


async def get_batch(work: Work, batch_id: UUID) -> BatchRow:
    """Return a batch as it is now. A key of one profile sees only batches that are entirely in that profile.

    Raises:
        NotFound: the caller sees no such batch.
    """
    batch = await work.batches.find(batch_id)
    if batch is None or not all(work.caller.sees(post.profile_id) for post in batch.posts):
        raise refusals.requests.not_found(Prefix.BATCH, batch_id)
    return batch
