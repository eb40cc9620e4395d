"""Reasons why a post waits, fails or is published with a warning."""

from letmepost.domain.errors import FixableBy
from letmepost.domain.refusals.refusal import Explanation

PLATFORM_AWAY = Explanation(
    id="budget.away",
    message="The platform does not respond. No calls are made to it for a short time.",
    remediation="No action is needed: the post is published when the platform responds again.",
    summary="After several failed calls, a platform is not called for a while (circuit breaker).",
    fixable_by=FixableBy.PLATFORM,
    retryable=True,
)
LIMIT_USED_UP = Explanation(
    id="budget.limit",
    message="A rate limit or quota of the platform is used up.",
    remediation="No action is needed: the post is published when the limit resets.",
    summary="The platform limits how much an account or an app may publish. `budget` in the error shows the limit.",
    fixable_by=FixableBy.PLATFORM,
    retryable=True,
)
LIMIT_RESETS_AFTER_DEADLINE = Explanation(
    id="budget.resets_after_deadline",
    message="A limit of the platform resets only after the deadline of the post.",
    remediation="Retry the post later, or allow more lateness with `late.withinS`.",
    summary="The platform's limit was used up, and resets after the time by which the post had to be published.",
    retryable=True,
)
PAUSED = Explanation(
    id="publishing.paused",
    message="Publishing is paused.",
    remediation="No action is needed: the post is queued again when the operator resumes publishing.",
    summary="The operator paused publishing: entirely, or for one organization, platform or account. Posts that come "
    "due while publishing is paused are held.",
    fixable_by=FixableBy.OPERATOR,
    retryable=True,
)
SCHEDULE_MISSED = Explanation(
    id="schedule.missed",
    message="The post could not be published within {late_within_s} s of its time.",
    remediation="Retry the post, or allow more lateness with `late.withinS`.",
    summary="The post was not published within the lateness that it allows. `lateness` in the error states how late it "
    "was, and the reason.",
    sample={"late_within_s": 3600},
    retryable=True,
)
UNCONFIRMED = Explanation(
    id="post.unconfirmed",
    message="The post was sent, but we could not confirm whether it was published: {reason}",
    remediation="Look for the post on the platform, then report the result with `POST /v1/posts/{{id}}/resolve`.",
    summary="The platform did not respond to the call that publishes, and could not confirm later whether the post is "
    "visible. It is not sent again automatically, because it might then appear twice.",
    sample={"reason": "the connection was closed."},
)
IN_DOUBT = Explanation(
    id="post.in_doubt",
    message="The platform did not confirm whether it published the post: {reason}",
    remediation="No action is needed: we ask the platform before anything is sent again.",
    summary="The call that publishes got no response. The post is reconciled with the platform, and sent again only if "
    "it is not visible there.",
    sample={"reason": "the connection was closed."},
    fixable_by=FixableBy.PLATFORM,
)
EXTRAS_FAILED = Explanation(
    id="extras.failed",
    message="The post is published, but an addition such as its first comment failed: {reason}",
    remediation="Add it on the platform by hand.",
    summary="A first comment or another addition could not be published within an hour. The post itself is visible. It "
    "is not failed and not repeated.",
    sample={"reason": "The platform did not respond."},
)
