"""X's limits, each with its source. The options' schema defines the form of a value, the rules define its limits."""

import re
from collections.abc import Iterator
from functools import partial

from letmepost.domain.content import PostContent
from letmepost.domain.lengths import Measure
from letmepost.domain.limits import CommentNotBlank, NotEmpty, TextLimit, first_comment, rules_of
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.twitter.counting import is_clean, shrinks_by_max, weigh
from letmepost.platforms.twitter.media_rules import media_limits
from letmepost.platforms.twitter.option_rules import OPTION_LIMITS
from letmepost.platforms.twitter.options import TwitterOptions
from letmepost.platforms.twitter.settings import TwitterSettings
from letmepost.platforms.twitter.sources import CASHTAGS_IN_PRACTICE, CREATE_POST, TEXT_CONFIG

_TEXT_MAX = 280
"""For every account: subscribers may write more, but a subscription can end at any time."""
_CASHTAGS_MAX = 1
_WEIGHTED = Measure(
    unit="weighted characters",
    count=weigh,
    how="most letters count 1, CJK and emoji 2, a link 23",
    shrinks_by_max=shrinks_by_max,
)

# The pattern starts with the dollar sign, because `re` finds it 50 times as fast as a look-behind.
_CASHTAG = re.compile(
    r"\$(?<!\S\$)[a-z]{1,6}(?:[._][a-z]{1,2})?(?=$|\s|[!'#%&()*+,\\\-./:;<=>?@\[\]^_{|}~$])", re.IGNORECASE
)


def _readable_texts(content: PostContent) -> Iterator[tuple[str, str]]:
    """Yield the texts that are not far too long. Those are reported only by the length rule."""
    for path, text in content.texts():
        excess = content.lengths.excess(_WEIGHTED, text, _TEXT_MAX)
        if excess is None or not excess.is_far_over:
            yield path, text


def _unclean(target: PostTarget[TwitterOptions]) -> Iterator[Finding]:
    for path, text in _readable_texts(target.content):
        if not is_clean(text):
            yield Finding(field=path, message="The text has a character that X rejects: U+FEFF, U+FFFE or U+FFFF.")


def _many_cashtags(target: PostTarget[TwitterOptions]) -> Iterator[Finding]:
    for path, text in _readable_texts(target.content):
        count = sum(1 for _ in _CASHTAG.finditer(text))
        if count > _CASHTAGS_MAX:
            message = f"The text has {count} cashtags; X allows at most {_CASHTAGS_MAX}."
            yield Finding(field=path, actual=count, message=message)


TEXT_CASHTAGS_MAX = Rule(
    id="twitter.text.cashtags_max",
    summary=f"A text has at most {_CASHTAGS_MAX} cashtag.",
    remediation="Write the others without the dollar sign.",
    limit=_CASHTAGS_MAX,
    unit="items",
    source=CASHTAGS_IN_PRACTICE,
    find=_many_cashtags,
)

_text_limit = partial(TextLimit, limit=_TEXT_MAX, measure=_WEIGHTED, source=TEXT_CONFIG)


def rules_for(settings: TwitterSettings) -> tuple[Rule, ...]:
    """Return every rule; the settings state the limits on the videos of accounts with a subscription."""
    return rules_of(
        "X",
        (
            _text_limit("twitter.text.max_graphemes"),
            NotEmpty("twitter.text.non_empty", others=("media",), source=CREATE_POST),
            Rule(
                id="twitter.text.characters",
                summary="A text must not contain U+FEFF (the byte order mark), U+FFFE or U+FFFF.",
                remediation="Remove the character. It is invisible, and often at the start of the text.",
                source=TEXT_CONFIG,
                find=_unclean,
            ),
            TEXT_CASHTAGS_MAX,
            _text_limit("twitter.first_comment.max_graphemes", texts=first_comment),
            CommentNotBlank("twitter.first_comment.non_empty", source=CREATE_POST),
            *media_limits(settings),
            *OPTION_LIMITS,
        ),
    )


RULES = rules_for(TwitterSettings())
