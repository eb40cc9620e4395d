"""What Bluesky's flows refuse or warn about beyond the rules."""

import sys
from functools import partial

from letmepost.domain.errors import FailureKind
from letmepost.domain.refusals import Explanation, PlatformRefusal, explanations_in
from letmepost.platforms._kit.refusals import auth_failed, first_comment_refused, rejected, unavailable
from letmepost.platforms.bluesky.image_rules import MEDIA_IMAGE_SIZE_MAX

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
BLOB_LOST = unavailable(message="Bluesky no longer has an uploaded media item.")
RATE_LIMITED = PlatformRefusal(
    kind=FailureKind.RATE_LIMITED, message="The rate limit of the account's Bluesky server is used up."
)
KEY_TAKEN = PlatformRefusal(kind=FailureKind.DUPLICATE, message="Another record has the key of this one.")
BAD_BLOB = rejected(message="Bluesky rejected a media item: its type or size differs from what the post declares.")
RECORD_NOT_FOUND = rejected(message="The post refers to a record that does not exist.")
FILE_TOO_LARGE = rejected(
    rule=MEDIA_IMAGE_SIZE_MAX.id,
    message="The account's server does not accept a file of this size.",
    remediation="Attach a smaller file: the limit of a server can be lower than Bluesky's own.",
)

REFUSALS = tuple(explanations_in(sys.modules[__name__]))

NEVER_RAISED = (
    Explanation(
        id="bluesky.media.image_video_exclusive",
        message="A post has images or a video, not both.",
        remediation="Attach images only.",
        summary="Videos cannot be published on Bluesky in this release, so a post with a video is rejected by "
        "`bluesky.media.kind_supported`. This rule is never raised.",
    ),
    Explanation(
        id="bluesky.media.video_size_max",
        message="The video is too large.",
        remediation="Attach images only.",
        summary="Videos cannot be published on Bluesky in this release, so a post with a video is rejected by "
        "`bluesky.media.kind_supported`. This rule is never raised.",
    ),
)
"""Documented ids that no post can break here, for callers who branch on them."""
