"""What Mastodon's flows refuse or warn about beyond the rules."""

import sys

from letmepost.domain.errors import FailureKind
from letmepost.domain.refusals import PlatformRefusal, Refusal, explanations_in
from letmepost.platforms._kit.refusals import auth_failed, first_comment_refused, rejected, unavailable

_RECONNECT = "Connect the account again."

SERVER_INVALID = Refusal(
    id="mastodon.server.invalid",
    message="`{given}` is not the name of a Mastodon server.",
    remediation="Send the domain of the account's server, such as `mastodon.social`.",
    summary="A Mastodon account is on one of many servers. The server is given by its domain, by the address of a page "
    "on it, or by the full handle of an account (`@you@mastodon.social`). An IP address is not accepted.",
    sample={"given": "my server"},
    wrong='{"server": "my server"}',
    right='{"server": "mastodon.social"}',
)
NOT_A_SERVER = PlatformRefusal(
    id="mastodon.server.not_mastodon",
    kind=FailureKind.REJECTED,
    is_input=True,
    message="{server} did not answer like a Mastodon server.",
    remediation="Check the spelling of the server's domain.",
    summary="An app of this service is registered at the server before an account there is connected. The server must "
    "have the API of Mastodon.",
    sample={"server": "example.com"},
)
MEDIA_FAILED = rejected(
    id="mastodon.media.processing_failed",
    message="The server could not process a media item.",
    remediation="Re-export the file, a video as H.264 in MP4, and attach the new copy.",
    summary="The server processes videos and GIFs after the upload, and could not use this file. Some servers list a "
    "type as supported although they do not support every codec in it.",
)
MEDIA_REFUSED = rejected(
    id="mastodon.media.refused",
    message="The server rejected a media item: {reason}",
    remediation="Re-export the file, a video as H.264 in MP4, and attach the new copy.",
    summary="The server did not accept an uploaded file. The message has its reason.",
    sample={"reason": "Validation failed: File content type is invalid"},
)
TEXT_NEEDED = rejected(
    message="The server rejected a post that has only media: {reason}",
    remediation="Add a text and retry: some servers accept no post without one.",
)
REFERENCE_NOT_FOUND = rejected(
    id="mastodon.reference.not_found",
    message="The post to reply to or to quote does not exist, or the account cannot see it.",
    remediation="Check `replyToId` and `quotedStatusId`: both are ids of posts on the account's own server.",
    summary="A reply or a quote needs the post that it refers to. The same post has another id on each server.",
)
FIRST_COMMENT_REFUSED = first_comment_refused("mastodon.first_comment.refused", "Mastodon", reason="Validation failed.")

TOKEN_ENDED = auth_failed(message="The account's permission has ended.", remediation=_RECONNECT)
ACCESS_DENIED = auth_failed(message="The server does not let the account do this: {reason}", remediation=_RECONNECT)
NOT_ALLOWED = rejected(
    message="The server does not let the account reply to or quote this post.",
    remediation="Publish the post without the reference, or ask the author of the other post.",
)
TOO_LARGE = rejected(
    rule=MEDIA_REFUSED.id,
    message="The server does not accept requests of this size.",
    remediation="Attach a smaller file.",
)
GONE = rejected(
    message="The server reports that this no longer exists.", remediation="Check the account on its server."
)
NOT_MASTODON = unavailable(message="The response did not come from Mastodon, but from a proxy or a firewall.")
TOO_MANY_STATUSES = PlatformRefusal(
    kind=FailureKind.IN_DOUBT, message="The account has published too many posts since then to find this one."
)

REFUSALS = tuple(explanations_in(sys.modules[__name__]))
