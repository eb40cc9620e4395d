"""The refusals that every platform has. `network` in a message is the name of the platform."""

from functools import partial

from letmepost.domain.errors import FailureKind
from letmepost.domain.refusals import Explanation, PlatformRefusal

rejected = partial(PlatformRefusal, kind=FailureKind.REJECTED)
auth_failed = partial(PlatformRefusal, kind=FailureKind.AUTH_FAILED)
unavailable = partial(PlatformRefusal, kind=FailureKind.UNAVAILABLE)

RATE_LIMITED = PlatformRefusal(kind=FailureKind.RATE_LIMITED, message="A rate limit of {network} is used up.")
REFUSED = rejected(message="{network} rejected the request: {reason}")
IN_DOUBT = PlatformRefusal(
    kind=FailureKind.IN_DOUBT, message="{network} did not confirm whether the post was accepted."
)
UNAVAILABLE = unavailable(message="{network} did not return a usable response.")
OTHER_ACCOUNT = unavailable(message="{network} returned another account than the one that the token belongs to.")


def first_comment_refused(rule_id: str, network: str, *, reason: str, remediation: str | None = None) -> Explanation:
    """Return the warning that a first comment was permanently refused.

    Args:
        reason: a realistic one of the platform, for the page.
        remediation: to add the comment on the platform, by default.
    """
    return Explanation(
        id=rule_id,
        message="The post is published, but its first comment was rejected. {reason}",
        remediation=remediation or f"Add the comment on {network}.",
        summary=f"{network} rejected the first comment. The post itself is visible, so the target is published with a "
        "warning.",
        sample={"reason": f"{network} rejected the request: {reason}"},
    )
