"""Bluesky's limits on its options, and on what they can be combined with."""

from collections.abc import Callable, Iterator

from letmepost.domain.content import PostContent
from letmepost.domain.rules import Finding, Rule
from letmepost.platforms.bluesky.options import BlueskyOptions
from letmepost.platforms.bluesky.sources import CHECKED_ON, LABELS_LEXICON, POST_LEXICON, THREADGATE_LEXICON


def _count_max(
    rule_id: str,
    *,
    field: str,
    noun: str,
    limit: int,
    count: Callable[[BlueskyOptions], int],
    source_url: str,
) -> Rule:
    def find(content: PostContent) -> Iterator[Finding]:
        actual = count(BlueskyOptions.model_validate(content.options))
        if actual > limit:
            message = f"The post has {actual} {noun}; Bluesky allows at most {limit}."
            yield Finding(field=f"options.{field}", actual=actual, message=message)

    return Rule(
        id=rule_id,
        summary=f"A post has at most {limit} {noun}.",
        remediation=f"Send {limit} {noun} or fewer.",
        limit=limit,
        unit="items",
        source_url=source_url,
        checked_on=CHECKED_ON,
        find=find,
    )


def _card_with_media(content: PostContent) -> Iterator[Finding]:
    if content.media and BlueskyOptions.model_validate(content.options).link_card is not None:
        yield Finding(field="options.linkCard", message="A post on Bluesky has images or a link card, not both.")


def _gate_on_reply(content: PostContent) -> Iterator[Finding]:
    options = BlueskyOptions.model_validate(content.options)
    if options.parent is not None and options.threadgate is not None:
        message = "A reply cannot limit who can reply: only the first post of a thread can."
        yield Finding(field="options.threadgate", message=message)


OPTION_RULES: tuple[Rule, ...] = (
    Rule(
        id="bluesky.link_card.media_exclusive",
        summary="A post has images or a link card, not both.",
        remediation="Remove the link card or the images.",
        source_url=POST_LEXICON,
        checked_on=CHECKED_ON,
        find=_card_with_media,
    ),
    _count_max(
        "bluesky.langs.count_max",
        field="langs",
        noun="languages",
        limit=3,
        count=lambda options: len(options.langs),
        source_url=POST_LEXICON,
    ),
    _count_max(
        "bluesky.labels.count_max",
        field="labels",
        noun="labels",
        limit=10,
        count=lambda options: len(options.labels),
        source_url=LABELS_LEXICON,
    ),
    _count_max(
        "bluesky.threadgate.allow_max",
        field="threadgate.allow",
        noun="groups that can reply",
        limit=5,
        count=lambda options: 0 if options.threadgate is None else len(options.threadgate.allow),
        source_url=THREADGATE_LEXICON,
    ),
    Rule(
        id="bluesky.threadgate.root_only",
        summary="Only the first post of a thread can limit who can reply.",
        remediation="Remove `threadgate` or `replyTo`.",
        source_url=THREADGATE_LEXICON,
        checked_on=CHECKED_ON,
        find=_gate_on_reply,
    ),
)
