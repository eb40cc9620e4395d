"""Follows a post that TikTok has accepted, until it is published, in the inbox, or refused."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from letmepost.domain.errors import GaveUp, PlatformFailure
from letmepost.domain.flow import Flow, HandOver, Live, Pause, Reply, Void, Warn
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.drafts import POST_STEP
from letmepost.platforms._kit.flows import fetch, wait
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.tiktok.api import CREATOR_STEP, SESSION_STEP, read_status
from letmepost.platforms.tiktok.listing import is_listed, link_to, look_up
from letmepost.platforms.tiktok.option_rules import is_photo_post
from letmepost.platforms.tiktok.options import TikTokOptions
from letmepost.platforms.tiktok.refusals import PUBLISH_PENDING, WITHOUT_PUBLIC_ID
from letmepost.platforms.tiktok.replies import explain
from letmepost.platforms.tiktok.settings import TikTokSettings
from letmepost.platforms.tiktok.status import COMPLETE, FAILED, IN_INBOX, Status

_UPLOAD_WITHIN_S = 1800.0
_PULL_WITHIN_S = 4500.0
"""TikTok gives up fetching photos after an hour."""
_PUBLIC_ID_WITHIN_S = 3000.0
_LATEST_WAIT_S = 60.0
_WAITS_S = ((8.0, 3.0), (20.0, 6.0), (60.0, 15.0), (180.0, 30.0))
"""How long to wait before the next read, until this many seconds have passed."""


def discard(*steps: str) -> Flow[None]:
    """Let steps be sent again by the next run, because TikTok has ended what they began."""
    for step in steps:
        yield Void(step)


@dataclass(frozen=True, slots=True)
class Following:
    """Follows one post."""

    post: ReadyPost
    options: TikTokOptions
    settings: TikTokSettings

    def status(self, publish_id: str) -> Flow[Status]:
        """Return the status of the post.

        Raises:
            PlatformFailure: TikTok did not return it.
        """
        return (yield from fetch(read_status(self.settings, publish_id), Status.of, explain))

    def follow(self, publish_id: str, accepted: Reply, status: Status | None) -> Flow[None]:
        """Report what becomes of the post, or end this run until TikTok has processed it.

        Args:
            accepted: the reply to the call that published it.
            status: what this run has read already.

        Raises:
            PlatformFailure: TikTok refused the post, or does not finish it in time.
        """
        status = status or (yield from self.status(publish_id))
        if status.name == FAILED:
            yield from discard(POST_STEP, SESSION_STEP, CREATOR_STEP)
            raise status.failure(self.post.content)
        if status.name == IN_INBOX:
            yield HandOver(f"{base_url(self.settings.auth_url)}/", uri=publish_id)
        elif status.name == COMPLETE:
            yield from self._live(publish_id, accepted.received_at, status)
        else:
            pause = self._pause("processing", status.read_at, accepted.received_at, self._within_s)
            yield from wait(pause, PUBLISH_PENDING(response={"status": status.name[:100]}))

    def listed(self, post_id: str) -> Flow[None]:
        """Report a post that only the account's list shows."""
        yield Live(uri=post_id, url=link_to(self.post, post_id, self.settings))

    @property
    def _within_s(self) -> float:
        return _PULL_WITHIN_S if is_photo_post(self.post.content) else _UPLOAD_WITHIN_S

    def _live(self, publish_id: str, since: datetime, status: Status) -> Flow[None]:
        """Report the post. TikTok states the id of a public post after moderation, or never."""
        url = link_to(self.post, status.post_ids[0], self.settings) if status.post_ids else None
        yield Live(uri=publish_id, url=url)
        if status.post_ids or self.options.privacy != "PUBLIC_TO_EVERYONE" or self.options.is_inbox:
            return
        with suppress(GaveUp):
            yield self._pause("public-id", status.read_at, since, _PUBLIC_ID_WITHIN_S)
        yield from self._find_url(publish_id, since)

    def _find_url(self, publish_id: str, since: datetime) -> Flow[None]:
        post_id = None
        if is_listed(self.post, self.options):
            with suppress(PlatformFailure):
                post_id = (yield from look_up(self.post, since, self.settings)).post_id
        url = None if post_id is None else link_to(self.post, post_id, self.settings)
        if url is None:
            yield Warn(WITHOUT_PUBLIC_ID.id, WITHOUT_PUBLIC_ID.message)
        else:
            yield Live(uri=publish_id, url=url)

    def _pause(self, name: str, now: datetime, since: datetime, within_s: float) -> Pause:
        passed_s = (now - since).total_seconds()
        seconds = next((wait_s for until_s, wait_s in _WAITS_S if passed_s < until_s), _LATEST_WAIT_S)
        return Pause(f"{POST_STEP}-{name}", seconds=seconds, give_up_after_s=within_s)
