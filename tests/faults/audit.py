"""Compares three sources: what callers were told, what the database contains, and what followers saw."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from letmepost.domain.ids import Prefix, format_id, parse_id
from tests.doubles.waiting import eventually
from tests.faults.lineup import may_be_unconfirmed, may_leave_out
from tests.faults.report import Line
from tests.faults.scenes import Scene
from tests.faults.tenants import Order

SETTLES_WITHIN_S = 150.0
_LOOK_AGAIN_S = 0.25
_TOO_LATE = '"scheduledAt.future"'
"""The rule of the only expected rejection: on a busy machine, the scheduled time may have passed."""
_TERMINAL = {"published", "failed", "rejected", "unconfirmed"}
_POSTS = """
    SELECT p.id, p.status, p.uri, r.content->>'text' AS text,
      p.status IN ('draft', 'queued', 'publishing', 'retrying', 'held') OR p.lease_token IS NOT NULL
        OR p.ready_at IS NOT NULL AS is_open,
      ARRAY(SELECT s.step FROM flow_steps s WHERE s.post_id = p.id AND s.intent_sealed IS NOT NULL
            AND s.reply_sealed IS NULL) AS doubtful,
      ARRAY(SELECT part->>'uri' FROM jsonb_array_elements(p.parts) part ORDER BY (part->>'index')::int) AS parts,
      p.extras->'firstComment'->>'uri' AS comment, p.warnings <> '[]' AS is_warned,
      ARRAY(SELECT e.type FROM events e WHERE e.post_id = p.id
            AND e.type IN ('post.published', 'post.failed', 'post.rejected', 'post.unconfirmed')) AS announced
    FROM posts p JOIN post_revisions r ON r.post_id = p.id
    WHERE r.content->>'text' = ANY($1)
"""
Row: TypeAlias = Mapping[str, Any]
Seen: TypeAlias = Mapping[str, list[str]]
"""The place where followers see the result of each step."""


@dataclass(frozen=True, slots=True)
class Ledgers:
    """The posts of a scene: their statuses for callers by post id, their rows and their visible posts by text."""

    reported: Mapping[str, str]
    stored: Mapping[str, list[Row]]
    seen: Mapping[str, list[str]]


async def audit(scene: Scene) -> Line:
    """Wait until every post is settled, then compare."""
    recovered_s = await _settle(scene)
    ledgers = await _read(scene)
    line = Line(
        name=scene.name,
        recovered_s=recovered_s,
        kills=scene.kills,
        notes=list(scene.notes),
        wrongs=[f"proves nothing: {flaw}" for flaw in scene.flaws],
    )
    for order in scene.orders:
        _judge(line, ledgers, order)
    return line


async def _settle(scene: Scene) -> float:
    """Wait until every post is settled, with a limit. Return the seconds waited."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()

    async def are_settled() -> bool:
        await asyncio.sleep(_LOOK_AGAIN_S)  # each look takes time of the processes
        return not await scene.unsettled()

    with suppress(AssertionError):  # stuck posts are reported one by one
        await eventually(are_settled, within_s=SETTLES_WITHIN_S)
    return loop.time() - began_s


async def _read(scene: Scene) -> Ledgers:
    reported: dict[str, str] = {}
    seen: dict[str, list[str]] = {}
    after = scene.began_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    for tenant in scene.tenants:
        reported |= await scene.callers.reported(tenant, after)
        for platform in {account.platform for account in tenant.accounts}:
            for post in await scene.callers.seen(tenant, platform):
                seen.setdefault(post["text"], []).append(post["uri"])
    stored: dict[str, list[Row]] = {}
    for row in await scene.stage.query(_POSTS, [order.text for order in scene.orders]):
        stored.setdefault(row["text"], []).append(dict(row))
    return Ledgers(reported, stored, seen)


def _judge(line: Line, ledgers: Ledgers, order: Order) -> None:
    platform, rows = order.account.platform, ledgers.stored.get(order.text, [])
    seen = {step: ledgers.seen.get(text, []) for step, text in order.texts.items()}
    line.count(platform, "posts")
    if len(rows) > 1 or any(len(uris) > 1 for uris in seen.values()):
        times = {step: len(uris) for step, uris in seen.items()}
        line.note(platform, "doubled", f"{order.text}: {len(rows)} posts, seen {times} times")
    if order.post_id is None:
        if rows or any(seen.values()):
            line.note(platform, "lost", f"{order.text}: refused ({order.refusal}), and yet there")
        line.count(platform, "refused")
        if _TOO_LATE not in str(order.refusal):
            line.note(platform, "unclear", f"{order.text}: rejected without a known reason ({order.refusal})")
        return
    row = next((row for row in rows if row["id"] == parse_id(Prefix.POST, order.post_id)), None)
    if row is None:
        line.note(platform, "lost", f"{order.text}: acknowledged and not stored")
    elif row["is_open"]:
        line.note(platform, "stuck", f"{order.text}: {row['status']} on {platform}")
    else:
        _judge_end(line, ledgers, order, row, seen)


def _judge_end(line: Line, ledgers: Ledgers, order: Order, row: Row, seen: Seen) -> None:
    platform, status = order.account.platform, row["status"]
    line.count(platform, status)
    is_seen = any(seen.get(step) for step in row["doubtful"])
    if status == "unconfirmed" and not may_be_unconfirmed(platform, is_seen=is_seen):
        line.note(platform, "unclear", f"{order.text}: unconfirmed on {platform}, visible as {seen}")
    if status == "published" and "comment" in seen and row["comment"] is None:
        line.count(platform, "left out")
        if not row["is_warned"] or not may_leave_out(platform, is_seen=is_seen):
            line.note(platform, "unclear", f"{order.text}: its comment is left out, and visible as {seen['comment']}")
    reported = ledgers.reported.get(format_id(Prefix.POST, row["id"]))
    for contradiction in (*_contradictions(row, reported, seen["post"]), *_contradictions_of_parts(row, seen)):
        line.note(platform, "lost", f"{order.text} on {platform}: {contradiction}")


def _contradictions(row: Row, reported: str | None, seen: list[str]) -> list[str]:
    """Return the contradictions between the sources about one settled post."""
    status = row["status"]
    found = {
        f"{status}, and callers are told {reported}": reported != status,
        f"{status} is no end": status not in _TERMINAL,
        "published and not visible": status == "published" and not seen,
        f"published as {row['uri']} and visible as {seen}": status == "published"
        and seen != []
        and row["uri"] not in seen,
        f"visible and yet {status}": status in {"failed", "rejected"} and seen != [],
        "published, and the journal is in doubt": status == "published" and not set(row["doubtful"]) <= {"comment"},
        f"{status}, and announced as {row['announced']}": list(row["announced"]) != [f"post.{status}"],
    }
    return [contradiction for contradiction, is_true in found.items() if is_true]


def _contradictions_of_parts(row: Row, seen: Seen) -> list[str]:
    """Return the contradictions about what is published after the post itself."""
    thread = [seen[step] for step in seen if step != "comment"]
    visible = [uris[0] for uris in thread if uris]
    comment = seen.get("comment", [])
    is_published = row["status"] == "published"
    found = {
        f"parts {row['parts']}, visible as {visible}": len(thread) > 1 and is_published and row["parts"] != visible,
        f"a thread with a gap: {seen}": any(later and not uris for uris, later in pairwise(thread)),
        f"comment {row['comment']}, visible as {comment}": row["comment"] is not None and row["comment"] not in comment,
        f"{row['status']}, and its comment is visible": not is_published and comment != [],
    }
    return [contradiction for contradiction, is_true in found.items() if is_true]
