"""Rules on facts about the account, when a post with media is due: the facts can have changed since it was accepted."""

from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from letmepost.domain.content import MediaItem, MediaKind, PostContent
from letmepost.domain.rules import FACTS_VALID_FOR, Finding, PostTarget, Rule, RuleSource
from letmepost.gateways.http_client import HTTPClient
from tests.doubles.faults import Way
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.services.test_attachments import MediaDesk
from tests.services.watched_store import WatchedStore
from tests.storage.support import Admin, Owner


def _no_pictures(target: PostTarget[Any]) -> Iterator[Finding]:
    if target.account.data.get("pictures") is False:
        yield Finding(field="media", message="This account cannot publish pictures.")


RULE = Rule(
    id="double.media.allowed",
    summary="Some accounts cannot publish pictures.",
    remediation="Remove the picture.",
    source=RuleSource(url="https://example.com/limits", checked_on=date(2026, 11, 29)),
    facts_valid_for=FACTS_VALID_FOR,
    find=_no_pictures,
)


@pytest.fixture
async def desk(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> AsyncIterator[Desk]:
    async with working(owner, network, admin, http, redis_url, tmp_path, rules=(RULE,)) as desk:
        await admin.do("UPDATE accounts SET data_confirmed_at = connected_at")
        media_id = await MediaDesk(desk, WatchedStore(tmp_path / "watched", admin)).upload(owner.profile_id)
        picture = MediaItem(kind=MediaKind.IMAGE, media_id=media_id)
        await desk.post(content=PostContent(text="hello", media=(picture,)))
        yield desk


async def forbid_pictures(desk: Desk) -> None:
    """Let the account lose the right that it had when the post was accepted."""
    await desk.admin.do("""UPDATE accounts SET data = data || '{"pictures": false}'""")


async def test_post_that_the_account_may_publish_is_published(desk: Desk) -> None:
    assert (await desk.publish())["status"] == "published"


async def test_unsent_post_is_rejected_when_the_account_may_no_longer_publish_it(desk: Desk) -> None:
    await forbid_pictures(desk)
    row = await desk.publish()
    assert row["status"] == "rejected"
    assert RULE.id in row["error"]


async def test_unsent_post_is_published_when_the_facts_about_the_account_are_outdated(desk: Desk) -> None:
    await forbid_pictures(desk)
    await desk.admin.do("UPDATE accounts SET data_confirmed_at = data_confirmed_at - interval '25 hours'")
    assert (await desk.publish())["status"] == "published"


async def test_post_in_doubt_is_reconciled_when_the_account_may_no_longer_publish_it(desk: Desk) -> None:
    desk.network.ways = [Way.LOST_AFTER]
    await desk.publish()
    await forbid_pictures(desk)
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"
