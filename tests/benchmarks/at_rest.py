"""How long an immediate post takes from the request to the platform on an idle deployment.

    python -m tests.benchmarks.at_rest [posts]

Starts `letmepost dev`, and a simulated platform in this process that records when each request arrives. As recommended,
every request has an `Idempotency-Key`, and the posts go to many accounts in turn.
"""

import asyncio
import itertools
import sys

from tests.benchmarks.stand import CLOCK, Stand, running
from tests.benchmarks.tables import show

REST_S = 0.2  # the previous post must be finished
ACCOUNTS = 50
WARM_UP = 5  # the first posts open connections


async def main(posts: int) -> None:
    async with running() as stand:
        to_wire_s, answered_s = await measure(stand, posts)
    print(f"{posts} posts, one at a time, at rest")
    show("request to first byte at the platform", to_wire_s)
    show("request to answer", answered_s)


async def measure(stand: Stand, posts: int) -> tuple[list[float], list[float]]:
    """Return the seconds from each request to the platform's first byte, and to the response."""
    key = await stand.tenant("At rest")
    accounts = itertools.cycle(await stand.accounts(key, ACCOUNTS))
    for number in range(WARM_UP):
        await _post(stand, key, next(accounts), f"Warm-up {number}")
    to_wire_s, answered_s = [], []
    for number in range(posts):
        sent, arrived, answered = await _post(stand, key, next(accounts), f"Post {number}")
        to_wire_s.append(arrived - sent)
        answered_s.append(answered - sent)
        await asyncio.sleep(REST_S)
    return to_wire_s, answered_s


async def _post(stand: Stand, key: str, account_id: str, text: str) -> tuple[float, float, float]:
    sent = CLOCK.now().timestamp()
    body = {"targets": [{"accountId": account_id}], "text": text}
    batch = await stand.call("POST", "/v1/posts", key, body, idempotency_key=text.replace(" ", "-"))
    assert batch["status"] == "published", batch
    return sent, stand.arrivals.at[text], CLOCK.now().timestamp()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
