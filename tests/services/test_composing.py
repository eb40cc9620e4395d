"""Validation of the targets of one request."""

import asyncio
from datetime import date
from uuid import UUID

from letmepost.domain.accounts import AccountStatus
from letmepost.domain.lengths import Measure
from letmepost.domain.limits import TextLimit, rules_of
from letmepost.domain.rules import RuleSource
from letmepost.gateways.http_client import HTTPClient
from letmepost.services.platform_access import Worlds
from letmepost.services.posts.compose import Composer
from letmepost.services.posts.requests import ContentRequest, PostRequest, TargetRequest, ThreadRequest
from letmepost.storage.accounts.accounts import AccountRow
from tests.doubles.platform import make_platform
from tests.storage.support import CLOCK, PLATFORM

TARGETS = 25


class Characters:
    """Counts characters, and records which texts it has read completely."""

    def __init__(self) -> None:
        self.whole: list[str] = []

    def count(self, text: str) -> int:
        self.whole.append(text)
        return len(text)


def composer(http: HTTPClient, counting: Characters) -> Composer:
    row = TextLimit(
        "double.text.max",
        limit=200_000,
        measure=Measure(unit="characters", count=counting.count),
        source=RuleSource(url="https://example.com/limits", checked_on=date(2026, 11, 28)),
    )
    worlds = Worlds(
        platforms={PLATFORM: make_platform(rules=rules_of("Double", [row]))},
        settings={},
        live_http=http,
    )
    return Composer(worlds, CLOCK, {}, [], {}, can_fetch=True)


def account(number: int) -> AccountRow:
    now = CLOCK.now()
    return AccountRow(
        id=UUID(int=number),
        profile_id=UUID(int=1),
        platform=PLATFORM,
        platform_account_id=str(number),
        handle=None,
        display_name=None,
        avatar_url=None,
        external_user_id=None,
        status=AccountStatus.ACTIVE,
        data={},
        data_confirmed_at=now,
        preferences={},
        scopes=(),
        token_expires_at=None,
        connected_at=now,
        checked_at=None,
        health=None,
        health_error=None,
        created_at=now,
        updated_at=now,
    )


def request(*texts: str) -> PostRequest:
    first, *others = texts
    content = ContentRequest(text=first, thread=tuple(ThreadRequest(text=text) for text in others))
    target = TargetRequest(account_id=None, platform=None, content=ContentRequest())
    return PostRequest(targets=[target] * TARGETS, content=content)


async def test_text_is_counted_once_for_all_targets(http: HTTPClient) -> None:
    counting = Characters()
    texts = ["a" * 900, "b" * 900]
    judged = await composer(http, counting).judge(request(*texts), [account(number) for number in range(TARGETS)])
    assert len(judged) == TARGETS
    assert counting.whole == texts


async def test_other_tasks_run_between_long_texts_of_one_target(http: HTTPClient) -> None:
    counting = Characters()
    seen: list[int] = []

    async def watch() -> None:
        while True:
            seen.append(sum(len(text) == 5_000 for text in counting.whole))
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    texts = [letter * 5_000 for letter in "abcdef"]
    await composer(http, counting).judge(request(*texts), [account(number) for number in range(TARGETS)])
    watching.cancel()
    assert {1, 2, 3, 4, 5} <= set(seen)


async def test_targets_with_the_same_text_and_media_share_a_hash(http: HTTPClient) -> None:
    judging = composer(http, Characters())
    same = await judging.judge(request("a", "b"), [account(number) for number in range(TARGETS)])
    other = await judging.judge(request("a", "c"), [account(number) for number in range(TARGETS)])
    assert len({target.post.content_hash for target in same}) == 1
    assert same[0].post.content_hash != other[0].post.content_hash
