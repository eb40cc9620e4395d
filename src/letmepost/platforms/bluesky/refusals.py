"""What Bluesky's flows refuse or warn about beyond the rules."""

import sys
from functools import partial

from letmepost.domain.errors import FailureKind
from letmepost.domain.refusals import Explanation, PlatformRefusal, explanations_in
from letmepost.platforms._kit.refusals import auth_failed, first_comment_refused, rejected, unavailable
from letmepost.platforms.bluesky.media_rules import (
    MEDIA_IMAGE_SIZE_MAX,
    MEDIA_VIDEO_DURATION_MAX,
    MEDIA_VIDEO_SIZE_MAX,
)

APP_PASSWORD = "Create an app password in Bluesky under Settings → Privacy and security → App passwords"  # noqa: S105 - a sentence
_RECONNECT = f"{APP_PASSWORD}, and connect the account again with it."

_wrong_input = partial(rejected, is_input=True)

HANDLE_UNRESOLVED = _wrong_input(
    id="bluesky.connect.handle_unresolved",
    message="No Bluesky account uses the handle {handle}.",
    remediation="Check the spelling of the handle, or connect with the account's DID.",
    summary="The handle does not resolve to an account. A handle is `you.bsky.social` or a domain of your own.",
    sample={"handle": "alice.bsky.social"},
)
DID_UNRESOLVED = _wrong_input(
    id="bluesky.connect.did_unresolved",
    message="There is no DID document for {did}.",
    remediation="Check the spelling, or connect with the account's handle.",
    summary="The DID document of an account names its server. Without the document, the server cannot be found.",
    sample={"did": "did:plc:ewvi7nxzyoun6zhxrhs64oiz"},
)
NOT_A_SERVER = _wrong_input(
    id="bluesky.connect.not_a_server",
    message="{problem}",
    remediation="Omit `pdsUrl` to find the server automatically, or correct it.",
    summary="`pdsUrl` must be the address of a public AT Protocol server.",
    sample={"problem": "https://example.com is not a Bluesky server."},
)
SERVER_MISSING = _wrong_input(
    id="bluesky.connect.server_missing",
    message="{problem}",
    remediation="Check the spelling of the handle or DID.",
    summary="The account's DID document must name a public AT Protocol server.",
    sample={"problem": "The DID document of did:plc:ewvi7nxzyoun6zhxrhs64oiz names no Bluesky server."},
)
SERVER_MISMATCH = _wrong_input(
    id="bluesky.connect.server_mismatch",
    message="{problem}",
    remediation="Connect by handle and omit `pdsUrl`, so that the account's own server is found.",
    summary="The DID document of an account names its server. A sign-in at another server proves nothing: anyone can "
    "run a server that claims to host the account.",
    sample={"problem": "The account is on https://pds.example.com, which does not accept this session."},
)
WRONG_PASSWORD = _wrong_input(
    message="Bluesky does not accept this identifier with this password.",
    remediation=f"Check the spelling of both. {APP_PASSWORD}.",
)
MAIN_PASSWORD = _wrong_input(
    message="This is the account's main password, which requires a code that is sent by email.",
    remediation=f"{APP_PASSWORD}. App passwords require no code.",
)
ACCOUNT_INACTIVE = auth_failed(
    message="This account is not active on Bluesky (status: {status}).",
    remediation="Reactivate the account on Bluesky, and connect it again.",
)
LOOKUP_FAILED = unavailable(
    message="{source} did not return a usable response (HTTP {status}).", remediation="Try again in a minute."
)
OTHER_SESSION = unavailable(message="The account's server returned the session of another account.")

REPLY_TO_NOT_FOUND = rejected(
    id="bluesky.reply_to.not_found",
    message="The post to reply to does not exist.",
    remediation="Check `replyTo.uri`: the post may have been deleted.",
    summary="A reply needs the post that it replies to.",
)
FIRST_COMMENT_REFUSED = first_comment_refused("bluesky.first_comment.refused", "Bluesky", reason="Invalid record.")
THREADGATE_REFUSED = Explanation(
    id="bluesky.threadgate.refused",
    message="The post is published, but its threadgate was rejected, so anyone can reply. {reason}",
    remediation="Set who can reply on Bluesky.",
    summary="Bluesky rejected the record that limits who can reply. The post itself is visible, so the target is "
    "published with a warning.",
    sample={"reason": "Bluesky rejected the request: Invalid record."},
)
GIF_STATIC = Explanation(
    id="bluesky.media.gif_static",
    message="Bluesky shows an animated image as a still image.",
    remediation="Attach a still image instead if the first frame is not the right one.",
    summary="Bluesky shows an animated image (GIF, WebP or APNG) as a still image.",
)
MENTION_UNRESOLVED = Explanation(
    id="bluesky.mention.unresolved",
    message="No account uses the handle @{handle}: the mention stays plain text.",
    remediation="Check the spelling of the handle.",
    summary="A mention links to an account. If no account uses the handle, the mention stays plain text.",
    sample={"handle": "alice.bsky.social"},
)

ACCOUNT_MOVED = auth_failed(message="The account is no longer on this server.", remediation=_RECONNECT)
SESSION_ENDED = auth_failed(message="The account's session on Bluesky has ended.", remediation=_RECONNECT)
SESSION_TOO_NARROW = auth_failed(message="The account's session does not permit this.", remediation=_RECONNECT)
ACCOUNT_TAKEN_DOWN = auth_failed(
    message="Bluesky has taken this account down.", remediation="Appeal to Bluesky's moderation."
)
ACCOUNT_DEACTIVATED = auth_failed(
    message="This account is deactivated.", remediation="Reactivate the account on Bluesky, and connect it again."
)
NO_SERVER = unavailable(message="The account's server does not respond like a Bluesky server.")
CLOCKS_APART = unavailable(
    message="The clock of the account's server differs from that of this service by more than five minutes."
)
BLOB_LOST = unavailable(message="Bluesky no longer has an uploaded media item.")
RATE_LIMITED = PlatformRefusal(
    kind=FailureKind.RATE_LIMITED, message="The rate limit of the account's Bluesky server is used up."
)
KEY_TAKEN = PlatformRefusal(
    kind=FailureKind.DUPLICATE,
    message="Another record has the key of this one.",
    remediation="Create the post again: it gets another key.",
)
BAD_BLOB = rejected(
    message="Bluesky rejected a media item: its type or size differs from what the post declares.",
    remediation="Attach the file again in a new post.",
)
RECORD_NOT_FOUND = rejected(
    message="The post refers to a record that does not exist.",
    remediation="Check `replyTo` and `quote`: what they name may have been deleted.",
)
FILE_TOO_LARGE = rejected(
    rule=MEDIA_IMAGE_SIZE_MAX.id,
    message="The account's server does not accept a file of this size.",
    remediation="Attach a smaller file: the limit of a server can be lower than Bluesky's own.",
)

VIDEO_UNCONFIRMED = Explanation(
    id="bluesky.video.unconfirmed",
    message="The video was uploaded to the account's own server, which does not report whether it can be played.",
    remediation="Play the video on Bluesky. If it never plays, encode it again and publish it in a new post.",
    summary="Without the video service, Bluesky processes a video after its post is visible and does not report the "
    "result.",
)
VIDEO_IRREGULAR = Explanation(
    id="bluesky.video.irregular_timestamps",
    message="Some pictures of the video are shown much longer than others. Bluesky may never play such a video.",
    remediation="Export the video again with a constant frame rate, and publish it in a new post.",
    summary="Bluesky refuses some videos with irregular timestamps, such as one that was cut without encoding it "
    "again. It reports this only if the video service receives the video.",
)
VIDEO_QUOTA = PlatformRefusal(
    id="bluesky.video.quota_exhausted",
    kind=FailureKind.RATE_LIMITED,
    message="The account has used up its daily limit of videos on Bluesky: {reason}",
    remediation="Wait until the next day: the post is retried until then.",
    summary="Bluesky limits how many videos, and how many bytes of video, an account uploads in a day. It does not "
    "report when the day ends, so the post is retried in growing intervals. Posts without videos are not affected.",
    sample={"reason": "User has exceeded daily upload videos limit."},
)
VIDEO_EMAIL = rejected(
    id="bluesky.video.email_unconfirmed",
    message="Bluesky does not let this account upload videos before its email address is confirmed.",
    remediation="Confirm the email address in Bluesky under Settings → Account, and retry the post.",
    summary="Bluesky accepts videos only from accounts with a confirmed email address.",
)
VIDEO_ACCOUNT_NEW = rejected(
    id="bluesky.video.account_new",
    message="Bluesky does not let this account upload videos yet: {reason}",
    remediation="Retry the post when the account is older, or publish it without the video.",
    summary="Bluesky accepts videos only from accounts of some age, which it does not publish.",
    sample={"reason": "Account is not old enough to upload videos."},
)
VIDEO_NOT_ALLOWED = rejected(
    id="bluesky.video.not_allowed",
    message="Bluesky does not let this account upload videos: {reason}",
    remediation="Ask Bluesky's support for the reason, or publish the post without the video.",
    summary="Bluesky has withdrawn the account's permission to upload videos.",
    sample={"reason": "User is not allowed to upload videos."},
)
VIDEO_REJECTED = rejected(
    id="bluesky.video.job_failed",
    message="Bluesky could not process the video ({video}): {reason}",
    remediation="Export the video as MP4 with H.264 and AAC, and attach the new file.",
    summary="Bluesky's video service checks and converts each video before its post is published, and rejected this "
    "one. Nothing was published.",
    sample={"video": "video/mp4, 5000 bytes, 12.5 s, 1080x1920 pixels, mpeg4", "reason": "Video failed validation."},
)
VIDEO_REFUSED = rejected(
    rule=VIDEO_REJECTED.id,
    message="Bluesky's video service does not accept the video: {reason}",
    remediation=VIDEO_REJECTED.remediation,
)
VIDEO_UNSTORABLE = rejected(
    rule=MEDIA_VIDEO_SIZE_MAX.id,
    message="The account's server does not accept a file as large as the converted video.",
    remediation="Attach a smaller video, or ask the operator of the account's server to raise its limit.",
)
VIDEO_TOO_LARGE = rejected(
    rule=MEDIA_VIDEO_SIZE_MAX.id,
    message="Bluesky does not accept a video of this size: {reason}",
    remediation="Attach a smaller video: the limit of a server can be lower than Bluesky's own.",
)
VIDEO_TOO_LARGE_FOR_SERVER = rejected(
    rule=MEDIA_VIDEO_SIZE_MAX.id,
    message="The video has {size_bytes} bytes. The account's server accepts at most {limit}.",
    remediation="Attach a video of {limit} bytes or fewer.",
)
VIDEO_TOO_LONG = rejected(
    rule=MEDIA_VIDEO_DURATION_MAX.id,
    message="Bluesky does not accept a video of this length: {reason}",
    remediation="Cut the video, and attach the shorter one.",
)
VIDEO_UNFINISHED = unavailable(
    id="bluesky.video.transcode_timeout",
    message="Bluesky has not finished processing the video within 15 minutes (state: {state}).",
    remediation="Wait: the post is retried. If it fails, publish it again later.",
    summary="Bluesky's video service processes each video before its post is published, which normally takes less than "
    "a minute. Nothing was published.",
    sample={"state": "JOB_STATE_ENCODING"},
)
VIDEO_NOT_PROCESSED = unavailable(message="Bluesky's video service lost the video, or failed to process it: {reason}")
VIDEO_SERVICE_CLOSED = unavailable(message="Bluesky's video service accepts no uploads at the moment: {reason}")
VIDEO_TOKEN_REFUSED = unavailable(message="Bluesky's video service does not accept the token of the account's server.")
NO_VIDEO_SERVICE = unavailable(
    message="The video service of this deployment does not respond like one.",
    remediation="Ask the operator to check `LETMEPOST_BLUESKY_VIDEO_URL`.",
    is_operators=True,
)

REFUSALS = tuple(explanations_in(sys.modules[__name__]))
