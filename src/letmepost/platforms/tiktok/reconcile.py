"""Finds out what became of a call that may have published a post.

An upload has an id, whose status shows if TikTok has the last byte. A lost reply to photos leaves no id: then only the
account's list of public posts can show the post.
"""

from datetime import timedelta

from letmepost.domain.flow import Absent, Flow, Found, Intent, MediaRange, Reconciled, Unknown
from letmepost.platforms._kit.flows import find
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.tiktok.api import read_status
from letmepost.platforms.tiktok.listing import is_listed, look_up
from letmepost.platforms.tiktok.options import TikTokOptions
from letmepost.platforms.tiktok.publish import POST_ID
from letmepost.platforms.tiktok.refusals import NOT_LISTED_YET
from letmepost.platforms.tiktok.replies import UNKNOWN_ID, error_code, explain
from letmepost.platforms.tiktok.settings import TikTokSettings
from letmepost.platforms.tiktok.status import FAILED, UPLOADING, Status

VISIBILITY_DELAY_S = 30.0
"""How long the status may lag behind the last byte. A mistake is harmless: the same upload only continues."""
_LISTED_WITHIN = timedelta(hours=1)
"""How long to look for a post on the list: moderation usually takes a minute, and sometimes hours."""


def reconcile(post: ReadyPost, intent: Intent, settings: TikTokSettings) -> Flow[Reconciled]:
    """Return what became of the call that publishes a post.

    Raises:
        PlatformFailure: TikTok cannot report it now; try again later.
    """
    return (yield from reconcile_by(_look_up(post, intent, settings)))


def _look_up(post: ReadyPost, intent: Intent, settings: TikTokSettings) -> Flow[Reconciled]:
    publish_id = intent.call.reference
    if publish_id is not None:
        call = read_status(settings, publish_id)
        status = yield from find(call, Status.of, lambda reply: error_code(reply) == UNKNOWN_ID, explain)
        if status is not None:
            return _by_status(status, intent)
    options = TikTokOptions.model_validate(post.content.options)
    if not is_listed(post, options):
        return Unknown("TikTok lists only public posts, and only if the account's owner lets the app read the list.")
    listed = yield from look_up(post, intent.started_at, settings)
    if listed.post_id is not None:
        return found_as(200, listed.read_at, data={POST_ID: listed.post_id})
    if listed.read_at < intent.started_at + _LISTED_WITHIN:
        raise NOT_LISTED_YET()
    return Unknown("TikTok does not list the post.")


def _by_status(status: Status, intent: Intent) -> Found | Absent:
    """Return the result for an upload: without its last byte, or refused in processing, nothing is published."""
    part = intent.call.body
    size_bytes = part.first_byte + part.length_bytes if isinstance(part, MediaRange) else 0
    is_partial = status.name == UPLOADING and (status.received_bytes or 0) < size_bytes - 1
    if is_partial or status.name == FAILED:
        return Absent()
    return found_as(201, status.read_at)
