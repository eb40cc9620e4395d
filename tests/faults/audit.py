"""Three ledgers side by side: what callers were told, what the database says, what followers saw."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from letmepost.domain.ids import Prefix, parse, spell
from tests.doubles.waiting import eventually
from tests.faults.report import Line
from tests.faults.scenes import Scene
from tests.faults.tenants import Order

SETTLES_WITHIN_S = 60.0
_LOOK_AGAIN_S = 0.25
_TERMINAL = {"published", "failed", "rejected", "unconfirmed"}
_POSTS = """
    SELECT p.id, p.status, p.uri, r.content->>'text' AS text,
      p.status IN ('draft', 'queued', 'publishing', 'retrying', 'held') OR p.lease_token IS NOT NULL
        OR p.ready_at IS NOT NULL AS is_open,
      EXISTS (SELECT FROM flow_steps s WHERE s.post_id = p.id AND s.intent_sealed IS NOT NULL
              AND s.reply_sealed IS NULL) AS is_doubtful,
      ARRAY(SELECT e.type FROM events e WHERE e.post_id = p.id
            AND e.type IN ('post.published', 'post.failed', 'post.rejected', 'post.unconfirmed')) AS announced
    FROM posts p JOIN post_revisions r ON r.post_id = p.id
    WHERE r.content->>'text' = ANY($1)
"""


@dataclass(frozen=True, slots=True)
class Ledgers:
    """What is known of a scene's posts: the statuses that callers read by post id, rows and sightings by text."""

    told: Mapping[str, str]
    stored: Mapping[str, list[Mapping[str, Any]]]
    seen: Mapping[str, list[str]]


async def audit(scene: Scene, may_be_unconfirmed: str) -> Line:
    """Wait until every post has its end, then compare.

    Args:
        may_be_unconfirmed: the platform that cannot be asked.
    """
    recovered_s = await _settle(scene)
    ledgers = await _read(scene)
    line = Line(name=scene.name, posts=len(scene.orders), recovered_s=recovered_s, notes=list(scene.notes))
    for order in scene.orders:
        _judge(line, ledgers, order, may_be_unconfirmed)
    return line


async def _settle(scene: Scene) -> float:
    """Wait for every post's end, but not for ever; seconds waited."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()

    async def are_settled() -> bool:
        await asyncio.sleep(_LOOK_AGAIN_S)  # looking costs those who are looked at
        return not await scene.unsettled()

    with suppress(AssertionError):  # what is stuck is told post by post
        await eventually(are_settled, within_s=SETTLES_WITHIN_S)
    return loop.time() - began_s


async def _read(scene: Scene) -> Ledgers:
    told: dict[str, str] = {}
    seen: dict[str, list[str]] = {}
    after = scene.began_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    for tenant in scene.tenants:
        told |= await scene.callers.told(tenant, after)
        for platform in {account.platform for account in tenant.accounts}:
            for post in await scene.callers.seen(tenant, platform):
                seen.setdefault(post["text"], []).append(post["uri"])
    stored: dict[str, list[Mapping[str, Any]]] = {}
    for row in await scene.stage.query(_POSTS, [order.text for order in scene.orders]):
        stored.setdefault(row["text"], []).append(dict(row))
    return Ledgers(told, stored, seen)


def _judge(line: Line, ledgers: Ledgers, order: Order, may_be_unconfirmed: str) -> None:
    rows, seen = ledgers.stored.get(order.text, []), ledgers.seen.get(order.text, [])
    if len(rows) > 1 or len(seen) > 1:
        line.doubled.append(f"{order.text}: {len(rows)} posts, seen {len(seen)} times")
    if order.post_id is None:
        if rows or seen:
            line.lost.append(f"{order.text}: refused ({order.refusal}), and yet there")
        line.refused += 1
        return
    row = next((row for row in rows if row["id"] == parse(Prefix.POST, order.post_id)), None)
    if row is None:
        line.lost.append(f"{order.text}: acknowledged and not stored")
    elif row["is_open"]:
        line.stuck.append(f"{order.text}: {row['status']} on {order.account.platform}")
    else:
        line.ends[row["status"]] += 1
        if row["status"] == "unconfirmed" and order.account.platform != may_be_unconfirmed:
            line.unconfirmed.append(f"{order.text}: unconfirmed on {order.account.platform}")
        line.lost += [f"{order.text}: {lie}" for lie in _lies(row, ledgers, seen)]


def _lies(row: Mapping[str, Any], ledgers: Ledgers, seen: list[str]) -> list[str]:
    """Where the ledgers contradict each other about one post that has its end."""
    status, told = row["status"], ledgers.told.get(spell(Prefix.POST, row["id"]))
    found = {
        f"{status}, and callers are told {told}": told != status,
        f"{status} is no end": status not in _TERMINAL,
        "published and not visible": status == "published" and not seen,
        f"published as {row['uri']} and visible as {seen}": status == "published"
        and seen != []
        and row["uri"] not in seen,
        f"visible and yet {status}": status in {"failed", "rejected"} and seen != [],
        "published, and the journal is in doubt": status == "published" and row["is_doubtful"],
        f"{status}, and announced as {row['announced']}": list(row["announced"]) != [f"post.{status}"],
    }
    return [lie for lie, is_true in found.items() if is_true]
