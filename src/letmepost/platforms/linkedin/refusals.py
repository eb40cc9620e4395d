"""What LinkedIn's flows refuse or warn of beyond the rules."""

from letmepost.domain.refusals import Explanation

REFUSALS = (
    Explanation(
        id="linkedin.author.unresolved",
        message="The account's permission does not cover the author that the post names.",
        remediation="Name the account itself or a page that its member administers, or connect the account again.",
        summary="The account's permission does not cover the author that the post names.",
    ),
    Explanation(
        id="linkedin.first_comment.refused",
        message="The post is published, and LinkedIn refused its first comment for good.",
        remediation="Add it on LinkedIn by hand; where permission is missing, connect the account again.",
        summary="The post is published, and LinkedIn refused its first comment for good.",
    ),
    Explanation(
        id="linkedin.text.duplicate",
        message="LinkedIn rejected the post because the author has recently published the same content.",
        remediation="Look at the account: it may be this very post. Change the text to publish it again.",
        summary="LinkedIn rejected the post because the author has recently published the same content.",
    ),
)
