"""What Threads' flows refuse or warn of beyond the rules."""

from letmepost.domain.refusals import Refusal

REFUSALS = (
    Refusal(
        "threads.container.error",
        "Threads could not make a post of what was prepared, for a reason that it names.",
        "Correct the medium; retry the post if nothing is wrong with it.",
    ),
    Refusal(
        "threads.container.expired",
        "What was prepared on Threads was not published within a day. Nothing is visible.",
        "Nothing needs to be done: it is prepared anew.",
    ),
    Refusal(
        "threads.first_comment.refused",
        "The post is out, and Threads refused its first comment.",
        "Comment by hand.",
    ),
    Refusal(
        "threads.media.reachable",
        "Threads could not fetch a medium from this deployment.",
        "See that LETMEPOST_PUBLIC_URL can be reached from everywhere, then retry the post.",
    ),
    Refusal(
        "threads.quota.day",
        "The account has published all the posts, or replies, that Threads allows in a day.",
        "Nothing needs to be done: it goes out when the oldest of them is a day old.",
    ),
    Refusal(
        "threads.reference.not_found",
        "The post to reply to, or to quote, does not exist.",
        "Check `replyToId` and `quotePostId`: the post may have been deleted.",
    ),
    Refusal(
        "threads.text.duplicate",
        "Threads rejected the post because the account has published the same content.",
        "Look at the account: it may be this very post. Change the text to publish it again.",
    ),
)
