"""Limits that several platforms share, as rows of data. A platform's rules are derived from its rows.

    RULES = rules_of("Threads", (TextLimit("threads.text.max_graphemes", limit=500, …), MediaLimit(…), …))

A rule that only one platform has is a `Rule` among the rows.
"""

from letmepost.domain.limits.combinations import (
    MEDIA,
    POLL,
    THUMBNAIL,
    Alone,
    DescriptionSupported,
    Exclusive,
    KindsSupported,
    NoComment,
    SinglePart,
    ThumbnailSupported,
    option,
)
from letmepost.domain.limits.counts import AnswerCount, CountLimit, MediaCount, option_count
from letmepost.domain.limits.media import MediaLimit, is_gif
from letmepost.domain.limits.rows import PerTarget, rules_of
from letmepost.domain.limits.texts import (
    AltTextLimit,
    AnswerLimit,
    AnswerNotBlank,
    CommentNotBlank,
    NamedText,
    NotBlank,
    NotEmpty,
    TextLimit,
    Texts,
    first_comment,
    option_text,
    post_text,
    post_texts,
)
from letmepost.domain.limits.video_properties import YUV_420

__all__ = [
    "MEDIA",
    "POLL",
    "THUMBNAIL",
    "YUV_420",
    "Alone",
    "AltTextLimit",
    "AnswerCount",
    "AnswerLimit",
    "AnswerNotBlank",
    "CommentNotBlank",
    "CountLimit",
    "DescriptionSupported",
    "Exclusive",
    "KindsSupported",
    "MediaCount",
    "MediaLimit",
    "NamedText",
    "NoComment",
    "NotBlank",
    "NotEmpty",
    "PerTarget",
    "SinglePart",
    "TextLimit",
    "Texts",
    "ThumbnailSupported",
    "first_comment",
    "is_gif",
    "option",
    "option_count",
    "option_text",
    "post_text",
    "post_texts",
    "rules_of",
]
