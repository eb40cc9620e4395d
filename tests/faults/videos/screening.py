"""Publishes videos while workers are killed, and compares what the platforms received."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from letmepost.domain.ids import Prefix, parse_id
from tests.doubles.media import video
from tests.doubles.waiting import eventually
from tests.faults.children import Place, Spec
from tests.faults.lineup import FETCHING, UNMETERED, may_be_unconfirmed
from tests.faults.scenes import UNSETTLED
from tests.faults.stage import Stage, open_stage
from tests.faults.tenants import Account, Callers
from tests.faults.videos.films import FRAMES, HEIGHT_PX, WIDTH_PX, Film
from tests.faults.videos.report import Outcome, VideoReport
from tests.faults.videos.shots import AIM, RECEIVED, Aim, Shot
from tests.platforms.suite.suites import SUITES

MIB = 1024 * 1024
SMALLEST_BYTES, LARGEST_BYTES = 16 * MIB, 64 * MIB
HUGE_BYTES = 4 * 1024 * MIB
_SETTLES_WITHIN_S = 1800.0
_DURATION_S = FRAMES / 30
_DIES_AFTER_S = (0.05, 1.5)


def takes_videos(name: str) -> bool:
    """Return True if the platform publishes a film of the smallest size."""
    return name in SUITES and "video" in SUITES[name].posts() and largest(name) >= SMALLEST_BYTES


def largest(name: str) -> int:
    """Return the size in bytes of the largest film that the platform's rules allow, at most `HUGE_BYTES`."""
    suite, low, high = SUITES[name], 0, HUGE_BYTES
    while low < high:
        middle = (low + high + 1) // 2
        film = video(width_px=WIDTH_PX, height_px=HEIGHT_PX, duration_s=_DURATION_S, size_bytes=middle)
        allowed = not suite.rules_broken_by({**suite.posts()["video"], "media": (film,)})
        low, high = (middle, high) if allowed else (low, middle - 1)
    return low


@dataclass(eq=False, kw_only=True)
class Screening:
    """Publishes films one after another, each with one fault."""

    stage: Stage
    callers: Callers
    accounts: dict[str, Account]
    chance: random.Random
    tell: Callable[[str], None]
    report: VideoReport
    _is_fetched: bool = False
    _kills: int = 0

    async def show(self, name: str, size_bytes: int, shot: Shot | None) -> None:
        """Publish a film on a platform, and compare what its followers see and what it received."""
        film, account = Film(size_bytes, self.chance.getrandbits(64)), self.accounts[name]
        before, self._kills, self._is_fetched = await self._received(account), 0, name in FETCHING
        media_id = await self._upload(account, film)
        await self._aim(account, shot)
        began_s = time.monotonic()
        post_id = await self._post(account, media_id, _text(film))
        if shot is not None and self._is_fetched:
            await asyncio.sleep(self.chance.uniform(*_DIES_AFTER_S))
            self._worker.signal()
        await eventually(partial(self._is_settled, post_id), within_s=_SETTLES_WITHIN_S)
        [row] = await self.stage.query("SELECT status, error FROM posts WHERE id = $1", parse_id(Prefix.POST, post_id))
        after = await self._received(account)
        outcome = Outcome(
            platform=name,
            size_bytes=size_bytes,
            shot=shot,
            kills=self._kills,
            status=row["status"],
            error=row["error"],
            seen=await self._seen(account, film),
            received_bytes=after.total_bytes - before.total_bytes,
            part_bytes=after.largest_bytes,
            seconds=time.monotonic() - began_s,
            may_be_unconfirmed=may_be_unconfirmed(name, is_seen=False),
        )
        self.report.add(outcome)
        self.tell(str(outcome))

    def count_death(self, _spec: Spec, code: int) -> None:
        """Count a kill."""
        self._kills += code < 0

    @property
    def _worker(self) -> Place:
        [place] = self.stage.worker_places
        return place

    async def _aim(self, account: Account, shot: Shot | None) -> None:
        """Aim at the worker. Where no bytes are sent, it is killed at a random time instead."""
        if shot is None or self._is_fetched:
            return
        child = self._worker.child
        assert child is not None
        aim = Aim(shot, child.pid).encode(_place(account))
        (await self.stage.http.put(f"{self.stage.sandbox_url}{AIM}", content=aim)).raise_for_status()

    async def _upload(self, account: Account, film: Film) -> str:
        """Store a film as a media item."""
        headers = {"authorization": f"Bearer {account.tenant.key}"}
        url = self.stage.apis[0]
        started = await self.stage.http.post(
            f"{url}/v1/media/uploads", json={"filename": "film.mp4", "sizeBytes": film.size_bytes}, headers=headers
        )
        started.raise_for_status()
        item = started.json()

        async def blocks() -> AsyncIterator[bytes]:
            for block in film.blocks():
                yield block

        sizes = {**item["upload"]["headers"], "content-length": str(film.size_bytes)}
        address = urlsplit(item["upload"]["url"])  # of the public URL, which this deployment does not have
        put = f"{url}{address.path}?{address.query}"
        sent = await self.stage.http.put(put, content=blocks(), headers=sizes, timeout=600)
        sent.raise_for_status()
        done = await self.stage.http.post(f"{url}/v1/media/{item['id']}/complete", headers=headers, timeout=600)
        done.raise_for_status()
        return str(item["id"])

    async def _post(self, account: Account, media_id: str, text: str) -> str:
        content = SUITES[account.platform].posts()["video"]
        body: dict[str, Any] = {
            "targets": [{"accountId": account.id, "options": dict(content.get("options", {}))}],
            "media": [{"mediaId": media_id}],
            **({"text": text} if content.get("text") else {}),
        }
        headers = {"authorization": f"Bearer {account.tenant.key}", "prefer": "respond-async"}
        reply = await self.stage.http.post(f"{self.stage.apis[0]}/v1/posts", json=body, headers=headers)
        assert reply.is_success, reply.text
        return str(reply.json()["results"][0]["postId"])

    async def _is_settled(self, post_id: str) -> bool:
        await asyncio.sleep(0.2)  # each look takes time of the processes
        found = await self.stage.query(UNSETTLED, [parse_id(Prefix.POST, post_id)])
        return not found[0]["count"]

    async def _seen(self, account: Account, film: Film) -> int:
        """Return how many posts show exactly this film. If it is fetched, only the text is compared."""
        posts = await self.callers.seen(account.tenant, account.platform)
        if self._is_fetched:
            return sum(post["text"] == _text(film) for post in posts)
        expected = {"sizeBytes": film.size_bytes, "checksum": str(film.checksum())}
        return sum(post["record"].get("video") == expected for post in posts)

    async def _received(self, account: Account) -> "Received":
        counts = (await self.stage.http.get(f"{self.stage.sandbox_url}{RECEIVED}")).json()
        place = _place(account)
        return Received(counts["received"].get(place, 0), counts["largest"].get(place, 0))


def _place(account: Account) -> str:
    return f"{account.tenant.id}/{account.platform}"


def _text(film: Film) -> str:
    return f"film {film.seed:016x}"


@dataclass(frozen=True, slots=True)
class Received:
    """What a platform has received from a tenant."""

    total_bytes: int
    largest_bytes: int


async def run(names: Sequence[str], kills: int, seed: int, directory: Path, tell: Callable[[str], None]) -> VideoReport:
    """Publish films on the platforms, and kill as many workers in total.

    Args:
        tell: called with each line of progress.
    """
    chance = random.Random(seed)  # noqa: S311 - the same faults for the same seed
    report = VideoReport(seed)
    async with open_stage(directory, seed, workers=1) as stage:
        callers = Callers(stage, seed)
        tenant = await callers.make_tenant([], 0)
        accounts = {name: await callers.connect(tenant, name, UNMETERED.get(name, "ok")) for name in names}
        screening = Screening(
            stage=stage,
            callers=callers,
            accounts=accounts,
            chance=chance,
            tell=tell,
            report=report,
        )
        [place] = stage.worker_places
        place.count_death = screening.count_death
        for number in range(kills):
            name = names[number % len(names)]
            size_bytes = chance.randint(SMALLEST_BYTES, min(LARGEST_BYTES, largest(name)))
            await screening.show(name, size_bytes, Shot(chance.randrange(size_bytes)))
        for name in sorted(set(names) - FETCHING):
            size_bytes = chance.randint(SMALLEST_BYTES, min(LARGEST_BYTES, largest(name)))
            await screening.show(name, size_bytes, Shot(size_bytes - 1, is_lost=True))
        for name in names:
            await screening.show(name, largest(name), None)
    return report
