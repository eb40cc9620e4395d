"""Bluesky's limits on its options, and on what they can be combined with."""

from collections.abc import Iterator

from letmepost.domain.limits import MEDIA, CountLimit, Exclusive, option, option_count
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.bluesky.options import BlueskyOptions
from letmepost.platforms.bluesky.sources import LABELS_LEXICON, POST_LEXICON, THREADGATE_LEXICON


def _gate_on_reply(target: PostTarget[BlueskyOptions]) -> Iterator[Finding]:
    if target.options.parent is not None and target.options.threadgate is not None:
        message = "A reply cannot limit who can reply: only the first post of a thread can."
        yield Finding(field="options.threadgate", message=message)


OPTION_LIMITS = (
    Exclusive(
        "bluesky.link_card.media_exclusive",
        (MEDIA, option("a link card", "linkCard", lambda options: options.link_card)),
        source=POST_LEXICON,
    ),
    CountLimit(
        "bluesky.langs.count_max",
        things="languages",
        limit=3,
        counts=option_count("langs", lambda options: len(options.langs)),
        source=POST_LEXICON,
    ),
    CountLimit(
        "bluesky.labels.count_max",
        things="labels",
        limit=10,
        counts=option_count("labels", lambda options: len(options.labels)),
        source=LABELS_LEXICON,
    ),
    CountLimit(
        "bluesky.threadgate.allow_max",
        things="groups that can reply",
        limit=5,
        counts=option_count("threadgate.allow", lambda options: options.threadgate and len(options.threadgate.allow)),
        source=THREADGATE_LEXICON,
    ),
    Rule(
        id="bluesky.threadgate.root_only",
        summary="Only the first post of a thread can limit who can reply.",
        remediation="Remove `threadgate` or `replyTo`.",
        source=THREADGATE_LEXICON,
        find=_gate_on_reply,
    ),
)
