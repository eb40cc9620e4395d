"""Threads' limits on its options, and on what they can be combined with."""

from collections.abc import Iterator
from functools import partial

from letmepost.domain.content import PostContent
from letmepost.domain.rules import Finding, Rule
from letmepost.domain.text import is_blank
from letmepost.platforms.threads.options import ThreadsOptions
from letmepost.platforms.threads.sources import CHECKED_ON, CREATE_POSTS, POLLS, TOPICS

_TOPIC_TAG_MAX_CHARACTERS = 50
_POLL_OPTIONS_MAX = 4
_POLL_OPTION_MAX_CHARACTERS = 25

_rule = partial(Rule, checked_on=CHECKED_ON)


def _options(content: PostContent) -> ThreadsOptions:
    return ThreadsOptions.model_validate(content.options)


def _long_tag(content: PostContent) -> Iterator[Finding]:
    tag = _options(content).topic_tag
    if tag is not None and len(tag) > _TOPIC_TAG_MAX_CHARACTERS:
        message = f"The topic has {len(tag)} characters; Threads allows at most {_TOPIC_TAG_MAX_CHARACTERS}."
        yield Finding(field="options.topicTag", actual=len(tag), message=message)


def _blank_tag(content: PostContent) -> Iterator[Finding]:
    tag = _options(content).topic_tag
    if tag is not None and is_blank(tag):
        yield Finding(field="options.topicTag", message="The topic has no visible text.")


def _card_with_media(content: PostContent) -> Iterator[Finding]:
    if content.media and _options(content).link_attachment is not None:
        yield Finding(field="options.linkAttachment", message="A post on Threads has media or a link card, not both.")


def _poll_with_media(content: PostContent) -> Iterator[Finding]:
    if content.media and _options(content).poll is not None:
        yield Finding(field="options.poll", message="A post on Threads has media or a poll, not both.")


def _poll_with_card(content: PostContent) -> Iterator[Finding]:
    options = _options(content)
    if options.poll is not None and options.link_attachment is not None:
        yield Finding(field="options.poll", message="A post on Threads has a poll or a link card, not both.")


def _many_answers(content: PostContent) -> Iterator[Finding]:
    poll = _options(content).poll
    if poll is not None and (actual := len(poll.options)) > _POLL_OPTIONS_MAX:
        message = f"The poll has {actual} answers; Threads allows at most {_POLL_OPTIONS_MAX}."
        yield Finding(field="options.poll.options", actual=actual, message=message)


def _long_answers(content: PostContent) -> Iterator[Finding]:
    poll = _options(content).poll
    for index, answer in enumerate(() if poll is None else poll.options):
        if len(answer) > _POLL_OPTION_MAX_CHARACTERS:
            message = f"Answer {index + 1} has {len(answer)} characters; Threads allows {_POLL_OPTION_MAX_CHARACTERS}."
            yield Finding(field=f"options.poll.options[{index}]", actual=len(answer), message=message)


def _blank_answers(content: PostContent) -> Iterator[Finding]:
    poll = _options(content).poll
    for index, answer in enumerate(() if poll is None else poll.options):
        if is_blank(answer):
            message = f"Answer {index + 1} of the poll has no visible text."
            yield Finding(field=f"options.poll.options[{index}]", message=message)


OPTION_RULES: tuple[Rule, ...] = (
    _rule(
        id="threads.topic_tag.max_characters",
        summary=f"A topic has at most {_TOPIC_TAG_MAX_CHARACTERS} characters.",
        remediation=f"Shorten the topic to {_TOPIC_TAG_MAX_CHARACTERS} characters or fewer.",
        limit=_TOPIC_TAG_MAX_CHARACTERS,
        unit="characters",
        source_url=TOPICS,
        find=_long_tag,
    ),
    _rule(
        id="threads.topic_tag.non_empty",
        summary="A topic has visible text.",
        remediation="Write a topic, or omit `topicTag`.",
        source_url=TOPICS,
        find=_blank_tag,
    ),
    _rule(
        id="threads.link_attachment.media_exclusive",
        summary="A post has media or a link card, not both.",
        remediation="Remove `linkAttachment` or the media.",
        source_url=CREATE_POSTS,
        find=_card_with_media,
    ),
    _rule(
        id="threads.poll.media_exclusive",
        summary="A post has media or a poll, not both.",
        remediation="Remove `poll` or the media.",
        source_url=POLLS,
        find=_poll_with_media,
    ),
    _rule(
        id="threads.poll.link_attachment_exclusive",
        summary="A post has a poll or a link card, not both.",
        remediation="Remove `poll` or `linkAttachment`.",
        source_url=POLLS,
        find=_poll_with_card,
    ),
    _rule(
        id="threads.poll.options_count_max",
        summary=f"A poll has at most {_POLL_OPTIONS_MAX} answers.",
        remediation=f"Send {_POLL_OPTIONS_MAX} answers or fewer.",
        limit=_POLL_OPTIONS_MAX,
        unit="items",
        source_url=POLLS,
        find=_many_answers,
    ),
    _rule(
        id="threads.poll.option_max_characters",
        summary=f"An answer of a poll has at most {_POLL_OPTION_MAX_CHARACTERS} characters.",
        remediation=f"Shorten the answer to {_POLL_OPTION_MAX_CHARACTERS} characters or fewer.",
        limit=_POLL_OPTION_MAX_CHARACTERS,
        unit="characters",
        source_url=POLLS,
        find=_long_answers,
    ),
    _rule(
        id="threads.poll.option_non_empty",
        summary="Every answer of a poll has visible text.",
        remediation="Write the answer, or remove it.",
        source_url=POLLS,
        find=_blank_answers,
    ),
)
