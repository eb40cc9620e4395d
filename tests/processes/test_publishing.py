"""The commands for people who publish, as processes, and a whole deployment."""

import asyncio
import html
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from letmepost.platforms import discover
from tests.database import DatabaseURLs
from tests.deployment import Client, served, serving
from tests.doubles.output import read_lines
from tests.doubles.waiting import eventually
from tests.http.receiver import Receiver
from tests.http.support import png

PLATFORM = next(iter(discover()))
CONSENT_PLATFORM = next(
    name for name, platform in discover().items() if platform.connect_input is None and platform.servers is None
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs commands with an API key of an organization of its own.

    Attributes:
        caller: calls the API with the same key.
    """

    caller: Client
    directory: Path
    environment: Mapping[str, str]

    async def start(self, *words: str) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "letmepost", *words),
            cwd=self.directory,
            env=dict(self.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )

    async def run(self, *words: str, code: int = 0) -> tuple[str, str]:
        """Run a command to its end; return its output and its errors."""
        process = await self.start(*words)
        out, error = await asyncio.wait_for(process.communicate(), 120)
        assert process.returncode == code, error.decode()
        assert "Traceback" not in error.decode()
        return out.decode(), error.decode()

    async def run_json(self, *words: str, code: int = 0) -> Any:
        return json.loads((await self.run(*words, "--json", code=code))[0])

    @asynccontextmanager
    async def follow(self, *words: str) -> AsyncIterator[list[str]]:
        """Run a command until the end of the block, and stop it with Ctrl-C; yield the lines that it prints."""
        process = await self.start(*words)
        lines: list[str] = []
        reading = asyncio.create_task(read_lines(process.stdout, lines))
        try:
            yield lines
        finally:
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            _, error = await asyncio.wait_for(asyncio.gather(reading, process.stderr.read()), 60)
            assert await process.wait() == 0, error.decode()
            assert "Traceback" not in error.decode()

    async def published(self) -> list[str]:
        """Return the texts that followers see."""
        reply = await self.caller.get(f"/v1/sandbox/{PLATFORM}/posts")
        return [post["text"] for post in reply.json()["data"]]


@pytest.fixture
async def shell(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> AsyncIterator[Shell]:
    async with served(database_urls, redis_url, tmp_path / "server") as deployment:
        caller = await deployment.client()
        variables = {
            "LETMEPOST_URL": str(deployment.settings.public_url),
            "LETMEPOST_API_KEY": caller.key,
            "LETMEPOST_CONFIG_DIR": str(tmp_path / "config"),
            "TZ": "UTC",
        }
        yield Shell(caller, tmp_path, {**os.environ, **variables})


async def test_post_with_an_image_is_published_and_seen_by_followers(shell: Shell) -> None:
    account = await shell.run_json("accounts", "connect", PLATFORM, "--simulated")
    (shell.directory / "red.png").write_bytes(png())
    words = ["post", "Hello", "--to", PLATFORM, "--image", "red.png", "--alt", "Red", "--thread", "And more"]
    checked = await shell.run_json(*words, "--dry-run")
    assert (checked["mode"], checked["valid"]) == ("test", True)
    assert await shell.published() == []
    done = await shell.run_json(*words, "--idempotency-key", "once")
    assert (done["status"], done["results"][0]["accountId"]) == ("published", account["id"])
    assert await shell.run_json(*words, "--idempotency-key", "once") == done
    assert sorted(await shell.published()) == ["And more", "Hello"]
    shown, _ = await shell.run("posts", "show", done["results"][0]["postId"])
    assert re.search(r"Status +published", shown)


async def test_scheduled_post_is_canceled_and_duplicated(shell: Shell) -> None:
    await shell.run("accounts", "connect", PLATFORM, "--simulated")
    out, error = await shell.run("post", "Later", "--to", PLATFORM, "--at", "tomorrow 9:00", "--zone", "Asia/Tokyo")
    assert "09:00:00 Asia/Tokyo" in error
    [post_id] = re.findall(r"post_\w+", out)
    assert (await shell.run_json("posts", "cancel", post_id))["status"] == "canceled"
    draft = await shell.run_json("posts", "duplicate", post_id)
    assert draft["status"] == "draft"
    assert (await shell.run_json("posts", "publish", draft["id"]))["status"] == "published"
    assert await shell.published() == ["Later"]


async def test_account_is_connected_by_consent_in_a_browser(shell: Shell) -> None:
    process = await shell.start("accounts", "connect", CONSENT_PLATFORM, "--json")
    printed: list[str] = []
    reading = asyncio.create_task(read_lines(process.stderr, printed))

    async def address() -> list[str]:
        return re.findall(r"http://\S+", "".join(printed))

    try:
        [url] = await eventually(address, within_s=60)
        async with httpx2.AsyncClient(follow_redirects=True) as browser:
            page = await browser.get(url)
            [allowed] = re.findall(r'<a id="allow" href="([^"]+)"', page.text)
            assert (await browser.get(html.unescape(allowed))).status_code == 200
        assert process.stdout is not None
        out = await asyncio.wait_for(process.stdout.read(), 60)
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
        await reading
    assert process.returncode == 0, "".join(printed)
    assert {json.loads(line)["platform"] for line in out.decode().splitlines()} == {CONSENT_PLATFORM}


async def test_listener_forwards_events_that_a_receiver_verifies(shell: Shell) -> None:
    await shell.run("accounts", "connect", PLATFORM, "--simulated")
    receiver = Receiver()
    async with serving(receiver) as url:
        words = ["webhooks", "listen", "--forward-to", f"{url}/hook", "--secret", SECRET, "--from", "0"]
        async with shell.follow(*words) as lines:
            await eventually(lambda: _any(line.startswith("account.connected") for line in lines), within_s=60)
            done = await shell.run_json("post", "Hello", "--to", PLATFORM)
            await eventually(lambda: _any(line.startswith("post.published") for line in lines))
        await shell.run("webhooks", "trigger", "post.failed", "--to", f"{url}/hook", "--secret", SECRET)
    assert [sending.type for sending in receiver.got] == ["account.connected", "post.published", "post.failed"]
    assert all(sending.is_signed_by(SECRET) for sending in receiver.got)
    event = receiver.got[1].event
    assert event["data"]["postId"] == done["results"][0]["postId"]
    stored = (await shell.caller.get("/v1/events")).json()["data"]
    assert event in stored


async def test_killed_import_is_continued_and_publishes_each_row_once(shell: Shell) -> None:
    await shell.run("accounts", "connect", PLATFORM, "--simulated")
    texts = [f"Row {number}" for number in range(80)]
    (shell.directory / "red.png").write_bytes(png())
    rows = [f"{PLATFORM};{text};red.png;Red" for text in texts]
    (shell.directory / "posts.csv").write_text("\ufeffto;text;media;alt\r\n" + "\r\n".join(rows), encoding="utf-8")
    report = shell.directory / "posts.csv.report.jsonl"
    process = await shell.start("import", "posts.csv")
    await eventually(lambda: _is_begun(report), within_s=60)
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    before = _accepted(report)
    assert 0 < len(before) < len(texts)
    done = await shell.run_json("import", "posts.csv")
    assert (done["accepted"], done["alreadyImported"]) == (len(texts) - len(before), len(before))
    report.unlink()  # the server still knows the key of each row
    again = await shell.run_json("import", "posts.csv")
    assert (again["accepted"], again["alreadyImported"]) == (len(texts), 0)
    await eventually(lambda: _all_published(shell, texts), within_s=60)
    assert sorted(await shell.published()) == sorted(texts)


async def _any(found: Any) -> bool:
    return any(found)


async def _is_begun(report: Path) -> bool:
    return report.exists() and bool(_accepted(report))


def _accepted(report: Path) -> list[str]:
    return re.findall(r'"key": "([^"]+)", "status": "accepted"', report.read_text(encoding="utf-8"))


async def _all_published(shell: Shell, texts: list[str]) -> bool:
    return len(await shell.published()) >= len(texts)
