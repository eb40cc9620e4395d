"""The limit on reels that apps publish: 30 for each Page in 24 hours.

https://developers.facebook.com/docs/video-api/guides/reels-publishing (checked 2026-11-21). Facebook refuses more with
the same codes as other limits, so the Page's list of reels decides which one is used up.
"""

from datetime import timedelta

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.fields import moment_in, objects_in
from letmepost.platforms._meta.calls import read
from letmepost.platforms.facebook.refusals import REELS_DAY
from letmepost.platforms.facebook.settings import FacebookSettings

_DAILY_MAX = 30
_DAY = timedelta(days=1)


def check_quota(failure: PlatformFailure, page_id: str, settings: FacebookSettings) -> Flow[None]:
    """Raise if a limit is used up, and it is that of the reels of a day. If the list cannot be read, do nothing."""
    if failure.kind is not FailureKind.RATE_LIMITED:
        return
    try:
        reply = yield read(settings, f"{page_id}/video_reels", fields="id,created_time", limit="100")
    except PlatformFailure:
        return
    rows = objects_in(reply.data(), "data") if reply.ok else []
    made = [at for row in rows if (at := moment_in(row, "created_time")) is not None]
    recent = sorted(at for at in made if at > reply.received_at - _DAY)
    if len(recent) >= _DAILY_MAX:
        raise REELS_DAY(retry_at=recent[-_DAILY_MAX] + _DAY, response=failure.response) from failure
