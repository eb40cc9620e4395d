"""Threads' limits on its options, and on what they can be combined with."""

from letmepost.domain.lengths import CHARACTERS
from letmepost.domain.limits import (
    MEDIA,
    POLL,
    AnswerCount,
    AnswerLimit,
    AnswerNotBlank,
    CountLimit,
    Exclusive,
    NotBlank,
    TextLimit,
    option,
    option_count,
    option_text,
)
from letmepost.platforms.threads.range_rules import RANGE_LIMITS
from letmepost.platforms.threads.sources import CREATE_POSTS, POLLS, SPOILERS, TEXT_ATTACHMENTS, TOPICS

_LINK_CARD = option("a link card", "linkAttachment", lambda options: options.link_attachment)
_ATTACHMENT = option("a text attachment", "textAttachment", lambda options: options.text_attachment)
_ATTACHED_LINK = option(
    "a link in its text attachment",
    "textAttachment.link",
    lambda options: options.text_attachment and options.text_attachment.link,
)
_attached_text = option_text(
    "textAttachment.text",
    "The text attachment",
    lambda options: options.text_attachment and options.text_attachment.text,
)
_spoiler_count = option_count("spoilers.text", lambda options: options.spoilers and len(options.spoilers.text))
_topic = option_text("topicTag", "The topic", lambda options: options.topic_tag)

OPTION_LIMITS = (
    TextLimit(
        "threads.topic_tag.max_characters", limit=50, measure=CHARACTERS, texts=_topic, noun="topic", source=TOPICS
    ),
    NotBlank("threads.topic_tag.non_empty", texts=_topic, noun="topic", instead="or omit `topicTag`", source=TOPICS),
    Exclusive("threads.link_attachment.media_exclusive", (MEDIA, _LINK_CARD), source=CREATE_POSTS),
    Exclusive("threads.poll.media_exclusive", (MEDIA, POLL), source=POLLS),
    Exclusive("threads.poll.link_attachment_exclusive", (_LINK_CARD, POLL), source=POLLS),
    AnswerCount("threads.poll.options_count_max", limit=4, source=POLLS),
    AnswerLimit("threads.poll.option_max_characters", limit=25, measure=CHARACTERS, source=POLLS),
    AnswerNotBlank("threads.poll.option_non_empty", source=POLLS),
    Exclusive("threads.text_attachment.media_exclusive", (MEDIA, _ATTACHMENT), source=TEXT_ATTACHMENTS),
    Exclusive("threads.text_attachment.poll_exclusive", (POLL, _ATTACHMENT), source=TEXT_ATTACHMENTS),
    Exclusive("threads.text_attachment.link_exclusive", (_LINK_CARD, _ATTACHED_LINK), source=TEXT_ATTACHMENTS),
    TextLimit(
        "threads.text_attachment.max_characters",
        limit=10_000,
        measure=CHARACTERS,
        texts=_attached_text,
        noun="text attachment",
        source=TEXT_ATTACHMENTS,
    ),
    NotBlank(
        "threads.text_attachment.non_empty",
        texts=_attached_text,
        noun="text attachment",
        instead="or omit `textAttachment`",
        source=TEXT_ATTACHMENTS,
    ),
    CountLimit(
        "threads.spoilers.count_max",
        things="spoilers in its text",
        limit=10,
        counts=_spoiler_count,
        fix="Keep",
        source=SPOILERS,
    ),
    *RANGE_LIMITS,
)
