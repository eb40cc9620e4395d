"""A worker is killed while each of its ten posts is at another call: no post is lost, and none is visible twice."""

import asyncio
import json
import signal
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from letmepost.domain.api_keys import Mode
from tests.database import DatabaseURLs, copy_of
from tests.deployment import Client, deployed
from tests.pds.authors import Author, connect
from tests.pds.images import inline, picture
from tests.pds.network import Network
from tests.pds.proxy import Hold, Moment, Passed, Proxy, proxied
from tests.pds.workers import worker_process

PARTS = ("one", "two", "three", "comment")
LEASE_S = 2.0

CRASHES = {f"{call}_{moment}": (call, moment) for call in ("image", *PARTS) for moment in Moment}


@dataclass(slots=True)
class Case:
    """A post with every extra, the call at which its worker is killed, and what is found then and in the end."""

    call: str
    author: Author
    image: bytes
    hold: Hold
    post_id: str = ""
    texts_at_crash: list[str] = field(default_factory=list)
    status_at_crash: str = ""
    attempts_under_lease: int = 0
    post: dict[str, Any] = field(default_factory=dict)
    passed: list[Passed] = field(default_factory=list)

    async def texts(self, network: Network) -> list[str]:
        """Return what followers read."""
        return [record["value"]["text"] for record in await network.posts(self.author.person)]


async def set_up(name: str, client: Client, network: Network, proxy: Proxy) -> Case:
    """Create an account, and a hold for one call of its post."""
    call, moment = CRASHES[name]
    author = await connect(client, await network.sign_up())
    image = picture("PNG", 20 + list(CRASHES).index(name), 20)
    words = (image,) if call == "image" else (author.person.did.encode(), f'"text":"{call}"'.encode())
    return Case(call=call, author=author, image=image, hold=proxy.hold(moment, *words))


@pytest.fixture(scope="module")
async def cases(
    network: Network,
    template_database: DatabaseURLs,
    postgres_url: str,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Case]:
    """The crashes and their results."""
    directory = tmp_path_factory.mktemp("crashes")
    log = directory / "worker.log"
    async with (
        copy_of(template_database, postgres_url) as urls,
        proxied(network.addresses) as proxy,
        deployed(
            urls,
            redis_url,
            directory,
            environment=proxy.addresses.environment(),
            with_worker=False,
            lease_s=LEASE_S,
        ) as deployment,
    ):
        client = await deployment.client(Mode.LIVE)
        found = await asyncio.gather(*(set_up(name, client, network, proxy) for name in CRASHES))
        for case in found:
            case.post_id = await case.author.queue(
                PARTS[0],
                media=[inline(case.image)],
                thread=[{"text": text} for text in PARTS[1:-1]],
                firstComment={"text": PARTS[-1]},
            )
        async with worker_process(deployment.settings, proxy.addresses.environment(), log) as worker:
            try:
                async with asyncio.timeout(60):
                    await asyncio.gather(*(case.hold.reached.wait() for case in found))
            except TimeoutError:
                pytest.fail(f"The worker did not get to every call:\n{log.read_text()}")
            worker.kill()
            assert await worker.wait() == -signal.SIGKILL
        for case in found:
            case.texts_at_crash = await case.texts(network)
            case.status_at_crash = (await case.author.post(case.post_id))["status"]
        proxy.let_go()
        await deployment.start_worker()
        for case in found:
            if case.call == "image":
                await case.author.post_when(case.post_id, is_done)
        for case in found:
            case.attempts_under_lease = len((await case.author.post(case.post_id))["attempts"])
        await let_leases_end(urls)
        for case in found:
            case.post = await case.author.post_when(case.post_id, is_done)
            case.passed = [call for call in proxy.passed if case.hold.is_of(call.body)]
    return dict(zip(CRASHES, found, strict=True))


async def let_leases_end(urls: DatabaseURLs) -> None:
    """Move the leases into the past. A lease outlives the current put, and so lasts a minute: too long to wait here."""
    connection = await asyncpg.connect(urls.admin)
    await connection.execute("UPDATE posts SET lease_until = clock_timestamp() WHERE lease_until IS NOT NULL")
    await connection.close()


def is_done(post: dict[str, Any]) -> bool:
    """Return True if followers see the whole post, and its worker has reported it."""
    return "firstCommentUri" in post and post["attempts"][-1]["succeeded"]


@pytest.mark.parametrize("name", CRASHES)
async def test_worker_was_killed_at_the_right_moment(name: str, cases: dict[str, Case]) -> None:
    case, (call, moment) = cases[name], CRASHES[name]
    before = 0 if call == "image" else PARTS.index(call)
    is_there = call != "image" and moment is Moment.ANSWERED
    assert case.texts_at_crash == list(PARTS[: before + is_there])
    assert case.status_at_crash == ("published" if call == "comment" else "publishing")


@pytest.mark.parametrize("name", CRASHES)
async def test_each_part_is_visible_once_where_it_is_reported(
    name: str, cases: dict[str, Case], network: Network
) -> None:
    case = cases[name]
    assert case.post["status"] == "published"
    records = await network.posts(case.author.person)
    assert [record["value"]["text"] for record in records] == list(PARTS)
    places = [case.post["platformUri"], *(part["uri"] for part in case.post["threadResults"])]
    assert [record["uri"] for record in records] == [*places, case.post["firstCommentUri"]]
    assert records[0]["cid"] == case.post["platformCid"]
    parents = [record["value"].get("reply", {}).get("parent", {}).get("uri") for record in records]
    assert parents == [None, places[0], places[1], places[0]]
    [image] = records[0]["value"]["embed"]["images"]
    assert await network.blob(case.author.person, image["image"]["ref"]["$link"]) == case.image


@pytest.mark.parametrize("name", CRASHES)
async def test_next_worker_waited_for_the_lease_and_sent_the_same_call_again(name: str, cases: dict[str, Case]) -> None:
    case, (call, moment) = cases[name], CRASHES[name]
    first, second, *_ = case.post["attempts"]
    assert (first["finishedAt"], first["succeeded"], second["succeeded"]) == (None, False, True)
    if call == "image":
        waited = datetime.fromisoformat(second["startedAt"]) - datetime.fromisoformat(first["startedAt"])
        assert waited >= timedelta(seconds=LEASE_S)
    else:
        assert case.attempts_under_lease == 1
    assert len(case.passed) >= (1 if moment is Moment.UNSEEN else 2)
    assert all(sent.status == 200 for sent in case.passed)
    said = [sent.body if call == "image" else json.loads(sent.body) for sent in case.passed]
    assert all(again == said[0] for again in said)
