"""Uploads in parts, from the stored media item to the platform, with the journal in PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from letmepost.domain.content import PostContent
from letmepost.domain.flow import Absent, Call, Effect, Flow, Found, Intent, Live, MediaRange, Reconciled, Reply, Upload
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.upload_progress import UploadProgress
from letmepost.platforms.contract import ReadyPost
from tests.doubles.platform import explain
from tests.doubles.waiting import eventually
from tests.gateways.support import Connection, Received, serving
from tests.http.support import png
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.services.test_pulling import media_item
from tests.storage.support import Admin, Owner, in_the_past

CHUNK = 16
FILE = png()
PARTS = -(-len(FILE) // CHUNK)
OK, RESET = 200, 0


@dataclass
class Files:
    """A platform that takes a file in parts, and publishes it.

    Args:
        is_probed: True if it can be asked for its offset, and the last part publishes.
        outcomes: the statuses of the next parts; `RESET` executes a part and breaks the connection.
        held: the number of the part that waits for `release`.
    """

    is_probed: bool
    url: str = ""
    outcomes: dict[int, int] = field(default_factory=dict)
    stored: bytearray = field(default_factory=bytearray)
    parts: list[int] = field(default_factory=list)
    posts: list[bytes] = field(default_factory=list)
    held: int | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, connection: Connection) -> None:
        while True:
            received = await connection.receive()
            path = urlsplit(received.target).path
            if received.method == "PUT":
                await self._take(connection, received)
            elif received.method == "GET" and path == "/session":
                await connection.answer(200, x_has=str(len(self.stored)))
            elif received.method == "GET":
                await connection.answer(200, b'{"uri": "at://post"}' if self.posts else b"{}")
            elif path == "/posts":
                await self._publish(connection)
            else:
                await connection.answer(200, b"{}")

    async def _take(self, connection: Connection, received: Received) -> None:
        [first] = map(int, parse_qs(urlsplit(received.target).query)["first"])
        number = first // CHUNK
        self.parts.append(number)
        if number == self.held:
            self.held = None
            self.arrived.set()
            await self.may_go_on.wait()
        status = self.outcomes.pop(number, OK)
        if status in {OK, RESET}:
            self.stored[first : first + len(received.body)] = received.body
            if self.is_probed and bytes(self.stored) == FILE:
                self.posts.append(bytes(self.stored))
        if status == RESET:
            connection.reset()
            raise ConnectionResetError
        await connection.answer(status, b'{"uri": "at://post"}', etag=f"part-{number}", retry_after="60")

    async def _publish(self, connection: Connection) -> None:
        self.posts.append(bytes(self.stored))
        await connection.answer(200, b'{"uri": "at://post"}')

    def publish(self, post: ReadyPost, _settings: object) -> Flow[None]:
        """Upload the only media item of a post, and publish it unless the last part did."""
        [item] = post.content.media
        created = yield Call(method="POST", url=f"{self.url}/session", effect=Effect.PREPARE, step="session")
        upload = self.upload(MediaRange(item.media_id, 0, len(FILE)), is_new=not created.replayed)
        reply = yield upload
        if not reply.ok:
            raise explain(upload.part(0), reply)
        if not self.is_probed:
            assert reply.parts == tuple(f"part-{number}" for number in range(PARTS))
            call = Call(method="POST", url=f"{self.url}/posts", effect=Effect.PUBLISH, step="post")
            reply = yield call
            if not reply.ok:
                raise explain(call, reply)
        yield Live(uri="at://post")

    def upload(self, media: MediaRange, *, is_new: bool) -> Upload:
        def send(first_byte: int, length_bytes: int) -> Call:
            body = replace(media, first_byte=first_byte, length_bytes=length_bytes)
            query = (("first", str(first_byte)),)
            return Call(method="PUT", url=f"{self.url}/session", query=query, body=body, effect=Effect.WRITE)

        upload = Upload(step="bytes", media=media, chunk_bytes=CHUNK, send=send)
        if not self.is_probed:
            return replace(upload, keep=lambda reply: reply.headers["etag"])
        probe = Call(method="GET", url=f"{self.url}/session")
        return replace(upload, probe=probe, offset_of=_offset_of, is_new=is_new, last=Effect.PUBLISH)

    def reconcile(self, _post: ReadyPost, _intent: Intent, _settings: object) -> Flow[Reconciled]:
        reply = yield Call(method="GET", url=f"{self.url}/posts")
        return Found(reply) if "uri" in reply.data() else Absent()


def _offset_of(reply: Reply) -> int | None:
    has = reply.headers.get("x-has")
    return None if has is None else int(has)


@pytest.fixture(params=[True, False], ids=["probed", "recorded"])
async def files(request: pytest.FixtureRequest) -> AsyncIterator[Files]:
    files = Files(request.param)
    async with serving(files.serve) as server:
        files.url = server.url
        yield files
        files.may_go_on.set()


@pytest.fixture
async def desk(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path, files: Files
) -> AsyncIterator[Desk]:
    """Return a desk with a post that has a media item."""
    flows: dict[str, Any] = {"publish": files.publish, "reconcile": files.reconcile}
    async with working(owner, network, admin, http, redis_url, tmp_path, **flows) as desk:
        await desk.post(content=PostContent(text="Look", media=(await media_item(desk),)))
        yield desk


@asynccontextmanager
async def stopped_at(desk: Desk, files: Files, part: int) -> AsyncIterator["asyncio.Task[None]"]:
    """Run a worker until the platform has received a part that it does not answer."""
    files.held = part
    task = asyncio.create_task(desk.publishing.publish(await desk.claim()))
    await files.arrived.wait()
    yield task
    await asyncio.gather(task, return_exceptions=True)


async def test_file_arrives_whole_and_its_parts_have_no_rows_or_records_of_their_own(desk: Desk, files: Files) -> None:
    assert (await desk.publish())["status"] == "published"
    assert files.posts == [FILE]
    assert files.parts == list(range(PARTS))
    steps = await desk.admin.rows("SELECT step FROM flow_steps")
    assert {row["step"] for row in steps} == {"session", "bytes"} | (set() if files.is_probed else {"post"})
    [attempt] = await desk.admin.rows("SELECT calls FROM attempts")
    assert [call["method"] for call in json.loads(attempt["calls"])] == (
        ["POST", "PUT", "PUT"] if files.is_probed else ["POST", "PUT", "POST"]
    )


@pytest.mark.parametrize("part", [0, 1, PARTS - 1])
async def test_upload_of_a_crashed_worker_is_resumed_by_another(desk: Desk, files: Files, part: int) -> None:
    async with stopped_at(desk, files, part) as crashing:
        crashing.cancel()
    files.may_go_on.set()

    async def is_stored() -> bool:
        return len(files.stored) > part * CHUNK

    await eventually(is_stored)
    await desk.let_time_pass()
    row = await desk.publish()
    assert (row["status"], files.posts) == ("published", [FILE])
    again = range(part + 1, PARTS) if files.is_probed else range(part, PARTS)  # without a probe, one part is repeated
    assert files.parts == [*range(part + 1), *again]


async def test_worker_that_loses_its_lease_sends_no_more_parts(desk: Desk, files: Files) -> None:
    async with stopped_at(desk, files, 1):
        await desk.admin.do("UPDATE posts SET lease_until = $1", in_the_past())
        second = await desk.claim()
        await desk.tools.leases.renew_all()  # the first worker's lease is gone
        files.may_go_on.set()
    assert files.parts == [0, 1]
    await desk.publishing.publish(second)
    assert ((await desk.row())["status"], files.posts) == ("published", [FILE])


async def test_throttled_upload_is_continued_at_the_refused_part(desk: Desk, files: Files) -> None:
    files.outcomes = {2: 429}
    row = await desk.publish()
    assert row["status"] == "retrying"
    assert json.loads(row["error"])["platformResponse"] == {"status": 429}
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"
    assert files.parts == [0, 1, 2, *range(2, PARTS)]
    assert files.posts == [FILE]


@pytest.mark.parametrize("part", [1, PARTS - 1], ids=["a part", "the last part"])
async def test_file_is_published_once_when_a_reply_is_lost(desk: Desk, files: Files, part: int) -> None:
    files.outcomes = {part: RESET}
    await desk.publish()
    await desk.let_time_pass()
    if (await desk.row())["status"] != "published":
        await desk.publish()
    assert ((await desk.row())["status"], files.posts) == ("published", [FILE])


async def test_late_post_is_not_uploaded(desk: Desk, files: Files) -> None:
    await desk.admin.do("UPDATE posts SET due_at = due_at - $1::interval", timedelta(days=2))
    assert (await desk.publish())["status"] == "failed"
    assert files.parts == []


async def test_progress_is_shown_while_the_file_is_sent(desk: Desk, files: Files) -> None:
    tenant, uploads = desk.owner.tenant, desk.tools.uploads
    async with stopped_at(desk, files, 1):
        await uploads.close()
        [progress] = (await uploads.read(tenant.organization_id, tenant.mode)).values()
        assert progress == UploadProgress((await desk.row())["id"], desk.owner.profile_id, "bytes", CHUNK, len(FILE))
        files.may_go_on.set()
    await uploads.close()
    assert await uploads.read(tenant.organization_id, tenant.mode) == {}


async def test_worker_that_stops_leaves_the_rest_of_the_file_to_another(desk: Desk, files: Files) -> None:
    async with stopped_at(desk, files, 1):
        desk.publishing.stop_uploads()
        files.may_go_on.set()
    row = await desk.row()
    assert (row["status"], row["lease_token"], files.parts) == ("publishing", None, [0, 1])
    desk.tools.stopping.clear()
    assert (await desk.publish())["status"] == "published"
    assert (files.posts, files.parts) == ([FILE], list(range(PARTS)))


def stored_file(directory: Path) -> Path:
    """Return the only stored media file."""
    [file] = (path for path in directory.rglob("*") if path.is_file())
    return file


@pytest.mark.parametrize("content", [FILE + b"x", None], ids=["longer", "missing"])
async def test_file_that_has_changed_since_it_was_examined_is_not_sent(
    desk: Desk, files: Files, tmp_path: Path, content: bytes | None
) -> None:
    file = stored_file(tmp_path)
    file.unlink() if content is None else file.write_bytes(content)
    row = await desk.publish()
    error = json.loads(row["error"])
    assert (row["status"], error["rule"], error["code"]) == ("rejected", "media.changed", "validation_failed")
    assert (files.parts, files.posts) == ([], [])


async def test_file_that_changes_during_the_upload_is_never_published(desk: Desk, files: Files, tmp_path: Path) -> None:
    async with stopped_at(desk, files, PARTS - 2):
        stored_file(tmp_path).write_bytes(FILE[:-1])
        files.may_go_on.set()
    assert ((await desk.row())["status"], files.posts) == ("rejected", [])
    assert PARTS - 1 not in files.parts


async def test_post_is_retried_when_the_store_is_unavailable(desk: Desk, files: Files, tmp_path: Path) -> None:
    file = stored_file(tmp_path)
    file.unlink()
    file.parent.rename(tmp_path / "away")
    file.parent.write_bytes(b"not a directory")
    assert ((await desk.publish())["status"], files.parts) == ("retrying", [])
    file.parent.unlink()
    (tmp_path / "away").rename(file.parent)
    file.write_bytes(FILE)
    await desk.let_time_pass()
    assert ((await desk.publish())["status"], files.posts) == ("published", [FILE])
