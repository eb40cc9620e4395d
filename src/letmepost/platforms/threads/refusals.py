"""What Threads' flows refuse or warn about beyond the rules."""

import sys
from dataclasses import replace

from letmepost.domain.errors import FailureKind
from letmepost.domain.refusals import Explanation, PlatformRefusal, explanations_in
from letmepost.platforms._kit.refusals import first_comment_refused, rejected, unavailable
from letmepost.platforms.threads.rules import LINKS_COUNT_MAX

CONTAINER_ERROR = rejected(
    id="threads.container.error",
    message="Threads could not use a media item: {reason}.",
    remediation="Replace the media item. If it plays elsewhere, retry the post.",
    summary="Threads processes a post before it is published, and could not use a media item. The message has the code "
    "that Threads returned.",
    sample={"reason": "its aspect ratio is not accepted (INVALID_ASPECT_RATIO)"},
)
CONTAINER_EXPIRED = unavailable(
    id="threads.container.expired",
    message="The prepared post has expired on Threads. Nothing was published.",
    remediation="No action is needed: the post is prepared again.",
    summary="A prepared post expires on Threads if it is not published within a day.",
)
MEDIA_UNREACHABLE = unavailable(
    id="threads.media.reachable",
    message="Threads could not fetch a media item from this deployment.",
    remediation="Ask the operator to make `LETMEPOST_PUBLIC_URL` reachable from the internet, then retry the post.",
    summary="Threads fetches media from this deployment instead of accepting an upload.",
    is_operators=True,
)
QUOTA_DAY = PlatformRefusal(
    id="threads.quota.day",
    kind=FailureKind.QUOTA_EXHAUSTED,
    message="The account has published the {total} {kind} that Threads allows in 24 hours.",
    remediation="No action is needed: the post is published when the oldest of them is 24 hours old.",
    summary="Threads limits the posts and the replies of an account in 24 hours.",
    sample={"total": 250, "kind": "posts"},
)
REFERENCE_NOT_FOUND = rejected(
    id="threads.reference.not_found",
    message="The post to reply to or to quote does not exist.",
    remediation="Check `replyToId` and `quotePostId`: the post may have been deleted.",
    summary="A reply or a quote needs the post that it refers to.",
)
DUPLICATE = PlatformRefusal(
    id="threads.text.duplicate",
    kind=FailureKind.DUPLICATE,
    message="Threads rejected the post because the account has published the same content.",
    remediation="Check the account: the earlier post may be this one. Change the text to publish it again.",
    summary="Threads rejects a post that repeats a recent post of the account.",
)
LOCATION_NOT_ALLOWED = rejected(
    id="threads.location.permission",
    message="The granted permissions do not cover a post with a location.",
    remediation="Connect the account again and grant every permission, or omit `locationId`.",
    summary="A post with a location needs the permission `threads_location_tagging`, which the account's owner may not "
    "have granted. Posts without a location are not affected.",
)
SHARE_UNCONFIRMED = Explanation(
    id="threads.share_to_instagram.unconfirmed",
    message="The post is published, but Threads did not confirm that it was shared to Instagram.",
    remediation="Check in the Threads app that an Instagram account is linked, and that `missingFeatures` of the "
    "account does not contain `instagram`.",
    summary="Threads publishes a post even if it cannot share it to Instagram: because no Instagram account is linked, "
    "because the permission `threads_share_to_instagram` was not granted, or for a reason that it does not state.",
)
FIRST_COMMENT_REFUSED = first_comment_refused("threads.first_comment.refused", "Threads", reason="Invalid parameter.")

SHARE_REFUSED = rejected(
    rule=SHARE_UNCONFIRMED.id,
    message="Threads does not share posts of the account to Instagram.",
    remediation=SHARE_UNCONFIRMED.remediation,
)
"""It is not reported to the caller: the post is published without the share, with a warning."""
REFERENCE_UNKNOWN_YET = unavailable(message="Threads cannot find the post that this one refers to yet.")
CHILD_NOT_READY = unavailable(message="Threads is still processing the media items of the carousel.")
CHILD_NEVER_READY = rejected(
    rule=CONTAINER_ERROR.id,
    message="Threads did not finish processing the media items of the carousel.",
    remediation="Retry the post, or remove the media item that Threads cannot process.",
)
MEDIA_STILL_UNREACHABLE = replace(MEDIA_UNREACHABLE, id="", rule=MEDIA_UNREACHABLE.id, kind=FailureKind.REJECTED)
TOO_MANY_LINKS = rejected(
    rule=LINKS_COUNT_MAX.id,
    message="Threads counts more links in the post than it allows.",
    remediation=LINKS_COUNT_MAX.remediation,
)
FEATURES_RESTRICTED = rejected(
    message="Threads has restricted what the account can do.",
    remediation="Check the account's status in the Threads app, and retry after the restriction has ended.",
)
ACCOUNT_RESTRICTED = rejected(
    message="Threads has restricted the account.", remediation="Check the account's status in the Threads app."
)
CODE_INVALID = PlatformRefusal(
    kind=FailureKind.AUTH_FAILED,
    message="Threads did not accept the consent: it was used before, or is more than an hour old.",
    remediation="Connect the account again.",
)
NOT_LISTED_YET = unavailable(message="Threads has published the post, but does not list it yet.")

REFUSALS = tuple(explanations_in(sys.modules[__name__]))
