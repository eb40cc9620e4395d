"""What Threads' flows refuse or warn of beyond the rules."""

from letmepost.domain.refusals import Explanation

REFUSALS = (
    Explanation(
        id="threads.container.error",
        message="Threads could not make a post of what was prepared, for a reason that it names.",
        remediation="Correct the medium; retry the post if nothing is wrong with it.",
        summary="Threads could not make a post of what was prepared, for a reason that it names.",
    ),
    Explanation(
        id="threads.container.expired",
        message="What was prepared on Threads was not published within a day. Nothing is visible.",
        remediation="Nothing needs to be done: it is prepared anew.",
        summary="What was prepared on Threads was not published within a day. Nothing is visible.",
    ),
    Explanation(
        id="threads.first_comment.refused",
        message="The post is out, and Threads refused its first comment.",
        remediation="Comment by hand.",
        summary="The post is out, and Threads refused its first comment.",
    ),
    Explanation(
        id="threads.media.reachable",
        message="Threads could not fetch a medium from this deployment.",
        remediation="See that LETMEPOST_PUBLIC_URL can be reached from everywhere, then retry the post.",
        summary="Threads could not fetch a medium from this deployment.",
    ),
    Explanation(
        id="threads.quota.day",
        message="The account has published all the posts, or replies, that Threads allows in a day.",
        remediation="Nothing needs to be done: it goes out when the oldest of them is a day old.",
        summary="The account has published all the posts, or replies, that Threads allows in a day.",
    ),
    Explanation(
        id="threads.reference.not_found",
        message="The post to reply to, or to quote, does not exist.",
        remediation="Check `replyToId` and `quotePostId`: the post may have been deleted.",
        summary="The post to reply to, or to quote, does not exist.",
    ),
    Explanation(
        id="threads.text.duplicate",
        message="Threads rejected the post because the account has published the same content.",
        remediation="Look at the account: it may be this very post. Change the text to publish it again.",
        summary="Threads rejected the post because the account has published the same content.",
    ),
)
