"""What X's flows refuse or warn of beyond the rules."""

from letmepost.domain.refusals import Explanation

REFUSALS = (
    Explanation(
        id="twitter.first_comment.refused",
        message="X refused the first comment; the post itself is visible.",
        remediation="Write the comment by hand.",
        summary="X refused the first comment; the post itself is visible.",
    ),
    Explanation(
        id="twitter.media.processing_failed",
        message="X cannot use a medium: it could not be processed.",
        remediation="Save the file anew in another program, and attach that.",
        summary="X cannot use a medium: it could not be processed.",
    ),
    Explanation(
        id="twitter.quote.not_allowed",
        message="X does not let this post be quoted by way of an app.",
        remediation="Put the link to the post into the text instead.",
        summary="X does not let this post be quoted by way of an app.",
    ),
    Explanation(
        id="twitter.reply.not_allowed",
        message="X lets apps reply only to people who have mentioned or quoted the account.",
        remediation="Reply on x.com, or to one of the account's own posts.",
        summary="X lets apps reply only to people who have mentioned or quoted the account.",
    ),
    Explanation(
        id="twitter.text.duplicate",
        message="X says that this account has posted this already.",
        remediation="Look at the account: it may be this very post. Change the text to publish it once more.",
        summary="X says that this account has posted this already.",
    ),
)
