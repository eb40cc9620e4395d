"""X's limits on its options, and on what they can be combined with."""

from collections.abc import Callable, Iterator
from functools import partial

from letmepost.domain.content import PostContent
from letmepost.domain.rules import Finding, Rule
from letmepost.domain.text import is_blank
from letmepost.platforms.twitter.options import TwitterOptions, TwitterPoll
from letmepost.platforms.twitter.sources import CHECKED_ON, CREATE_POST

_POLL_OPTIONS = (2, 4)
_POLL_OPTION_MAX_CHARS = 25
_POLL_MINUTES = (5, 10_080)

_rule = partial(Rule, source_url=CREATE_POST, checked_on=CHECKED_ON)


def _of_poll(find: Callable[[TwitterPoll], Iterator[Finding]]) -> Callable[[PostContent], Iterator[Finding]]:
    def find_in(content: PostContent) -> Iterator[Finding]:
        poll = TwitterOptions.model_validate(content.options).poll
        if poll is not None:
            yield from find(poll)

    return find_in


def _wrong_count(poll: TwitterPoll) -> Iterator[Finding]:
    count = len(poll.options)
    if not _POLL_OPTIONS[0] <= count <= _POLL_OPTIONS[1]:
        yield Finding(field="options.poll.options", actual=count, message=f"The poll has {count} options.")


def _wrong_length(poll: TwitterPoll) -> Iterator[Finding]:
    for index, option in enumerate(poll.options):
        if is_blank(option) or len(option) > _POLL_OPTION_MAX_CHARS:
            message = f"Option {index + 1} of the poll has {len(option)} characters."
            yield Finding(field=f"options.poll.options[{index}]", actual=len(option), message=message)


def _wrong_duration(poll: TwitterPoll) -> Iterator[Finding]:
    minutes = poll.duration_minutes
    if not _POLL_MINUTES[0] <= minutes <= _POLL_MINUTES[1]:
        message = f"The poll is open for {minutes} minutes."
        yield Finding(field="options.poll.durationMinutes", actual=minutes, message=message)


def _poll_with_others(content: PostContent) -> Iterator[Finding]:
    options = TwitterOptions.model_validate(content.options)
    if options.poll is not None and (content.media or options.quote_tweet_id is not None):
        message = "A post on X has a poll, media or a quoted post: only one of them."
        yield Finding(field="options.poll", message=message)


def _reply_that_quotes(content: PostContent) -> Iterator[Finding]:
    options = TwitterOptions.model_validate(content.options)
    if options.reply_to_tweet_id is not None and options.quote_tweet_id is not None:
        yield Finding(field="options.quoteTweetId", message="X does not accept a post that both replies and quotes.")


OPTION_RULES: tuple[Rule, ...] = (
    _rule(
        id="twitter.poll.options_count",
        summary=f"A poll has {_POLL_OPTIONS[0]} to {_POLL_OPTIONS[1]} options.",
        remediation=f"Send {_POLL_OPTIONS[0]} to {_POLL_OPTIONS[1]} options.",
        limit=_POLL_OPTIONS[1],
        unit="items",
        find=_of_poll(_wrong_count),
    ),
    _rule(
        id="twitter.poll.option_length",
        summary=f"An option of a poll has 1 to {_POLL_OPTION_MAX_CHARS} characters.",
        remediation=f"Shorten the option to {_POLL_OPTION_MAX_CHARS} characters or fewer. No option can be empty.",
        limit=_POLL_OPTION_MAX_CHARS,
        unit="characters",
        find=_of_poll(_wrong_length),
    ),
    _rule(
        id="twitter.poll.duration",
        summary=f"A poll is open for {_POLL_MINUTES[0]} to {_POLL_MINUTES[1]} minutes.",
        remediation=f"Send {_POLL_MINUTES[0]} to {_POLL_MINUTES[1]} minutes (7 days).",
        limit=_POLL_MINUTES[1],
        unit="minutes",
        find=_of_poll(_wrong_duration),
    ),
    _rule(
        id="twitter.poll.media_exclusive",
        summary="A post has a poll, media or a quoted post: only one of them.",
        remediation="Remove the poll, or remove the media and the quoted post.",
        find=_poll_with_others,
    ),
    _rule(
        id="twitter.reply.quote_exclusive",
        summary="A post can reply to a post or quote one, not both.",
        remediation="Remove `replyToTweetId` or `quoteTweetId`.",
        find=_reply_that_quotes,
    ),
)
