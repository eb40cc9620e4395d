"""Mastodon's limits on polls and quotes. Most are set by each server; the documented ones are Mastodon's defaults."""

from collections.abc import Iterator

from letmepost.domain.lengths import GRAPHEMES
from letmepost.domain.limits import (
    MEDIA,
    POLL,
    AnswerCount,
    AnswerLimit,
    AnswerNotBlank,
    CountLimit,
    Exclusive,
    option_count,
)
from letmepost.domain.rules import FACTS_VALID_FOR, Finding, PostTarget, Rule
from letmepost.platforms.mastodon.instance import limit_of_server, limits_of
from letmepost.platforms.mastodon.options import MastodonOptions
from letmepost.platforms.mastodon.sources import INSTANCE, POLL_VALIDATOR, STATUSES


def _repeated_answers(target: PostTarget[MastodonOptions]) -> Iterator[Finding]:
    answers = [] if target.options.poll is None else [answer.strip() for answer in target.options.poll.options]
    for index, answer in enumerate(answers):
        if answer in answers[:index]:
            message = f"Answer {index + 1} of the poll is the same as an earlier one."
            yield Finding(field=f"options.poll.options[{index}]", actual=answer, message=message)


def _omitted_quote(target: PostTarget[MastodonOptions]) -> Iterator[Finding]:
    if target.options.quoted_status_id is not None and limits_of(target.account.data).quotes is False:
        yield Finding(field="options.quotedStatusId", message="The account's server has no quotes, and would omit it.")


OPTION_LIMITS = (
    Exclusive("mastodon.poll.media_exclusive", (MEDIA, POLL), source=STATUSES),
    AnswerCount(
        "mastodon.poll.options_count_max", limit=limit_of_server(lambda own: own.poll_options), source=INSTANCE
    ),
    AnswerLimit(
        "mastodon.poll.option_max_graphemes",
        limit=limit_of_server(lambda own: own.poll_option_characters),
        measure=GRAPHEMES,
        sent_as=lambda _target: str.strip,
        source=INSTANCE,
    ),
    AnswerNotBlank("mastodon.poll.option_non_empty", source=POLL_VALIDATOR),
    Rule(
        id="mastodon.poll.options_distinct",
        summary="The answers of a poll differ from each other.",
        remediation="Change or remove the repeated answer.",
        source=POLL_VALIDATOR,
        find=_repeated_answers,
    ),
    CountLimit(
        "mastodon.poll.duration",
        subject="poll",
        verb="lasts",
        things="seconds",
        unit="s",
        at_least=limit_of_server(lambda own: own.poll_min_s),
        limit=limit_of_server(lambda own: own.poll_max_s),
        counts=option_count("poll.durationS", lambda options: options.poll and options.poll.duration_s),
        source=INSTANCE,
    ),
    Rule(
        id="mastodon.quote.supported",
        summary="Quotes need a server with Mastodon 4.5 or later. Earlier ones would publish the post without the "
        "quote.",
        remediation="Remove `quotedStatusId`, and put the link to the post into the text.",
        source=STATUSES,
        facts_valid_for=FACTS_VALID_FOR,
        find=_omitted_quote,
    ),
)
