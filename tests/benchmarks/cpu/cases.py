"""The most frequent requests of clients, with the goals of their costs."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from tests.benchmarks.cpu.closed_loop import encode_request
from tests.benchmarks.stand import CLOCK, Stand

ORGANIZATIONS, ACCOUNTS, LISTED = 8, 25, 20
API, POSTGRESQL, WORKER = "API", "PostgreSQL", "worker"
TOO_LONG = "x" * 301


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of request. `goals`: the maximum of its processor time in milliseconds, by process."""

    name: str
    encode: Callable[[], bytes]
    status: int
    goals: Mapping[str, float]
    requests: int = 2_000

    def make(self, number: int) -> list[bytes]:
        """Return this many requests."""
        return [self.encode() for _ in range(number)]


@dataclass(frozen=True, slots=True)
class Tenants:
    """Organizations by their API keys, with the accounts and a published post of each."""

    accounts: Mapping[str, list[str]]
    posts: Mapping[str, str]


async def create_tenants(stand: Stand) -> Tenants:
    """Create organizations with accounts and published posts."""
    keys = [await stand.tenant(f"Tenant {number}") for number in range(ORGANIZATIONS)]
    accounts = {key: await stand.accounts(key, ACCOUNTS) for key in keys}
    posts = {}
    for number, (key, ids) in enumerate(accounts.items()):
        bodies = [{"targets": [{"accountId": ids[one]}], "text": f"Listed {number} {one}"} for one in range(LISTED)]
        batches = await asyncio.gather(*(stand.call("POST", "/v1/posts", key, body) for body in bodies))
        assert all(batch["status"] == "published" for batch in batches), batches
        posts[key] = batches[0]["results"][0]["postId"]
        listed = await stand.call("GET", f"/v1/posts?limit={LISTED}", key)
        assert len(listed["data"]) == LISTED, listed
    return Tenants(accounts, posts)


def cases_for(tenants: Tenants) -> list[Case]:
    """Return every case. A request uses the next key, and the next account if it posts."""
    keys, numbers = itertools.cycle(tenants.accounts), itertools.count()
    rows = zip(*tenants.accounts.values(), strict=True)  # the first account of each organization, then the second, …
    targets = itertools.cycle([pair for row in rows for pair in zip(tenants.accounts, row, strict=True)])

    def get(path: Callable[[str], str]) -> bytes:
        key = next(keys)
        return encode_request("GET", path(key), authorization=f"Bearer {key}")

    def post(text: str, headers: Mapping[str, str], **more: str) -> bytes:
        (key, account), number = next(targets), next(numbers)
        keyed = {"authorization": f"Bearer {key}", "idempotency_key": f"benchmark-{number}", **headers}
        body = {"targets": [{"accountId": account}], "text": f"{text} {number}", **more}
        return encode_request("POST", "/v1/posts", body, **keyed)

    def schedule() -> bytes:
        at = CLOCK.now() + timedelta(hours=1)
        return post("Scheduled", {"prefer": "respond-async"}, scheduledAt=at.isoformat())

    return [
        Case("read", lambda: get(lambda key: f"/v1/posts/{tenants.posts[key]}"), 200, {API: 0.35, POSTGRESQL: 0.13}),
        Case("list", lambda: get(lambda _: f"/v1/posts?limit={LISTED}"), 200, {API: 0.7, POSTGRESQL: 0.45}),
        Case("schedule", schedule, 202, {API: 1.3, POSTGRESQL: 1.0, WORKER: 0.1}),
        Case("reject", lambda: post(TOO_LONG, {}), 400, {API: 0.8, POSTGRESQL: 0.2}),
        Case("publish", lambda: post("Now", {}), 200, {API: 3.0, POSTGRESQL: 2.5, WORKER: 2.5}, requests=600),
    ]


NAMES = ("read", "list", "schedule", "reject", "publish")
