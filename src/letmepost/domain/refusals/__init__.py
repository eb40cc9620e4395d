"""The catalog: every refusal and warning of this service that is not a rule of a platform.

    raise refusals.media.IN_USE()
    raise refusals.posts.SCHEDULED_AT_HORIZON(field="scheduledAt", max_days=366)

A platform's own refusals are in its folder.
"""

from collections.abc import Iterator
from types import ModuleType

from letmepost.domain.refusals import (
    accounts,
    connect,
    fields,
    keys,
    media,
    posts,
    publishing,
    requests,
    sandbox,
    tenants,
    webhooks,
)
from letmepost.domain.refusals.refusal import Explanation, FieldRefusal, PlatformRefusal, Refusal

__all__ = [
    "CATALOG",
    "Explanation",
    "FieldRefusal",
    "PlatformRefusal",
    "Refusal",
    "accounts",
    "connect",
    "explanations_in",
    "fields",
    "keys",
    "media",
    "posts",
    "publishing",
    "requests",
    "sandbox",
    "tenants",
    "webhooks",
]


def explanations_in(module: ModuleType) -> Iterator[Explanation]:
    """Yield the explanations of a module that have a page."""
    yield from (value for value in vars(module).values() if isinstance(value, Explanation) and value.id)


CATALOG: tuple[Explanation, ...] = tuple(
    explanation
    for module in (accounts, connect, keys, media, posts, publishing, requests, sandbox, tenants, webhooks)
    for explanation in explanations_in(module)
)
"""Every explanation that has a page of its own, without those of the platforms."""
