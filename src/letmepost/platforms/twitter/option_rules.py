"""X's limits on its options, and on what they can be combined with."""

from letmepost.domain.lengths import CHARACTERS
from letmepost.domain.limits import MEDIA, POLL, AnswerCount, AnswerLimit, CountLimit, Exclusive, option, option_count
from letmepost.platforms.twitter.sources import CREATE_POST

_QUOTE = option("a quoted post", "quoteTweetId", lambda options: options.quote_tweet_id)
_REPLY = option("a post to reply to", "replyToTweetId", lambda options: options.reply_to_tweet_id)

OPTION_LIMITS = (
    AnswerCount("twitter.poll.options_count", at_least=2, limit=4, source=CREATE_POST),
    AnswerLimit("twitter.poll.option_length", limit=25, measure=CHARACTERS, is_required=True, source=CREATE_POST),
    CountLimit(
        "twitter.poll.duration",
        subject="poll",
        verb="lasts",
        things="minutes",
        unit="minutes",
        at_least=5,
        limit=10_080,  # 7 days
        counts=option_count("poll.durationMinutes", lambda options: options.poll and options.poll.duration_minutes),
        source=CREATE_POST,
    ),
    Exclusive("twitter.poll.media_exclusive", (MEDIA | _QUOTE, POLL), source=CREATE_POST),
    Exclusive("twitter.reply.quote_exclusive", (_REPLY, _QUOTE), source=CREATE_POST),
)
