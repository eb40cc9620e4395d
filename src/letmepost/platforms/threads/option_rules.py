"""Threads' limits on its options, and on what they can be combined with."""

from letmepost.domain.lengths import CHARACTERS
from letmepost.domain.limits import (
    MEDIA,
    POLL,
    AnswerCount,
    AnswerLimit,
    AnswerNotBlank,
    Exclusive,
    NotBlank,
    TextLimit,
    option,
    option_text,
)
from letmepost.platforms.threads.sources import CREATE_POSTS, POLLS, TOPICS

_LINK_CARD = option("a link card", "linkAttachment", lambda options: options.link_attachment)
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
)
