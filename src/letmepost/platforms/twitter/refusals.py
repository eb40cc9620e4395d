"""What X's flows refuse or warn of beyond the rules."""

from letmepost.domain.refusals import Refusal

REFUSALS = (
    Refusal(
        "twitter.first_comment.refused",
        "X refused the first comment; the post itself is visible.",
        "Write the comment by hand.",
    ),
    Refusal(
        "twitter.media.processing_failed",
        "X cannot use a medium: it could not be processed.",
        "Save the file anew in another program, and attach that.",
    ),
    Refusal(
        "twitter.quote.not_allowed",
        "X does not let this post be quoted by way of an app.",
        "Put the link to the post into the text instead.",
    ),
    Refusal(
        "twitter.reply.not_allowed",
        "X lets apps reply only to people who have mentioned or quoted the account.",
        "Reply on x.com, or to one of the account's own posts.",
    ),
    Refusal(
        "twitter.text.duplicate",
        "X says that this account has posted this already.",
        "Look at the account: it may be this very post. Change the text to publish it once more.",
    ),
)
