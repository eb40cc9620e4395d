"""Mastodon's limits, each with its source. Most are set by each server; the documented ones are Mastodon's defaults."""

from collections.abc import Iterator
from functools import partial

from letmepost.domain.lengths import GRAPHEMES
from letmepost.domain.limits import (
    CommentNotBlank,
    NamedText,
    NotEmpty,
    PerTarget,
    TextLimit,
    Texts,
    first_comment,
    option_text,
    post_texts,
    rules_of,
)
from letmepost.domain.rules import PostTarget
from letmepost.domain.text import count_graphemes
from letmepost.platforms.mastodon.counting import measure_for
from letmepost.platforms.mastodon.instance import DEFAULTS, limit_of_server, limits_of
from letmepost.platforms.mastodon.media_rules import MEDIA_LIMITS
from letmepost.platforms.mastodon.option_rules import OPTION_LIMITS
from letmepost.platforms.mastodon.options import MastodonOptions
from letmepost.platforms.mastodon.sources import LENGTH_VALIDATOR, STATUSES


def _room(target: PostTarget[MastodonOptions]) -> int:
    """Return how long a text can be beside the content warning, which counts too; negative if there is no room."""
    return limits_of(target.account.data).characters - count_graphemes(target.options.spoiler_text or "")


def _with_room(texts: Texts) -> Texts:
    """Return a selector of the same texts. It selects none where the content warning alone is too long."""

    def selected(target: PostTarget[MastodonOptions]) -> Iterator[NamedText]:
        return iter(()) if _room(target) < 0 else iter(texts(target))

    return selected


_text_limit = partial(
    TextLimit,
    limit=PerTarget(DEFAULTS.characters, _room),
    measure=limit_of_server(lambda own: measure_for(own.characters_per_url)),
    source=LENGTH_VALIDATOR,
)

RULES = rules_of(
    "Mastodon",
    (
        _text_limit("mastodon.text.max_graphemes", texts=_with_room(post_texts)),
        _text_limit("mastodon.first_comment.max_graphemes", texts=_with_room(first_comment)),
        TextLimit(
            "mastodon.spoiler_text.max_graphemes",
            texts=option_text("spoilerText", "The content warning", lambda options: options.spoiler_text),
            noun="content warning",
            limit=limit_of_server(lambda own: own.characters),
            measure=GRAPHEMES,
            source=LENGTH_VALIDATOR,
        ),
        NotEmpty("mastodon.text.non_empty", others=("media",), source=STATUSES),
        CommentNotBlank("mastodon.first_comment.non_empty", source=STATUSES),
        *MEDIA_LIMITS,
        *OPTION_LIMITS,
    ),
)
