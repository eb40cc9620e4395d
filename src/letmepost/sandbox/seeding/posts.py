"""The posts of a seed, as publish flows receive them."""

from collections.abc import Iterator
from dataclasses import replace

from pydantic import ValidationError

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaItem, PostContent
from letmepost.domain.flow import Frozen
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.rules import violations
from letmepost.platforms.connecting import ConnectedAccount, PlatformSettings
from letmepost.platforms.contract import Platform, ReadyPost
from letmepost.sandbox.seeding.local_network import SeedClock
from letmepost.sandbox.seeding.media import picture, video
from letmepost.sandbox.seeding.seed import SeedPost
from letmepost.sandbox.serving import ENTROPY_BYTES

_MEDIA_URL = "https://media.example/{name}"
"""Simulators fetch nothing."""


def ready_post(
    post: SeedPost, account: ConnectedAccount, platform: Platform, settings: PlatformSettings, clock: SeedClock
) -> ReadyPost:
    """Return a post that its flow can publish.

    Raises:
        ValueError: it breaks a rule of the network. The message names the field.
    """
    now = clock.now()
    content = PostContent(text=post.text, media=tuple(_media(post)), options=post.options)
    facts = replace(facts_of(account), confirmed_at=now)
    try:
        target = platform.target(content, facts, now)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"options.{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    broken = violations(target, platform.configured(settings).rules)
    if broken:
        raise ValueError(f"{broken[0].field}: {broken[0].message} {broken[0].remediation}")
    ids = [format_id(Prefix.MEDIA, item.media_id) for item in content.media]
    return ReadyPost(
        account=facts,
        content=content,
        frozen=Frozen(at=now, entropy=clock.entropy(ENTROPY_BYTES)),
        media_urls={name: _MEDIA_URL.format(name=name) for name in ids},
    )


def facts_of(account: ConnectedAccount) -> AccountFacts:
    """Return the facts about an account."""
    return AccountFacts(
        platform_account_id=account.platform_account_id,
        handle=account.handle,
        data=account.data,
        preferences=account.preferences,
    )


def _media(post: SeedPost) -> Iterator[MediaItem]:
    if post.image is not None:
        yield picture(post.image)
    if post.video:
        yield video()
