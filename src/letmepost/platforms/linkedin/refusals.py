"""What LinkedIn's flows refuse or warn of beyond the rules."""

from letmepost.domain.refusals import Refusal

REFUSALS = (
    Refusal(
        "linkedin.author.unresolved",
        "The account's permission does not cover the author that the post names.",
        "Name the account itself or a page that its member administers, or connect the account again.",
    ),
    Refusal(
        "linkedin.first_comment.refused",
        "The post is published, and LinkedIn refused its first comment for good.",
        "Add it on LinkedIn by hand; where permission is missing, connect the account again.",
    ),
    Refusal(
        "linkedin.text.duplicate",
        "LinkedIn rejected the post because the author has recently published the same content.",
        "Look at the account: it may be this very post. Change the text to publish it again.",
    ),
)
