"""`make dev`, `letmepost dev`, and the commands of the README and of docs/."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.processes.dev import INSTALLED, dev, make_dev, shell, unused_port
from tests.readme import START, api_blocks, shell_blocks, site_pages, start_block
from tests.servers import open_directory

REFUSALS_SHOWN = {"bluesky.text.max_graphemes", "media.url.unreachable", "post.status"}
"""The rules by which pages show a rejected request."""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with open_directory() as directory:
        yield directory / "data"


async def test_dev_starts_from_nothing_and_the_commands_of_the_documents_work(data_dir: Path, tmp_path: Path) -> None:
    assert start_block() == f"{START}\n"
    # All pages together send more requests in a minute than a reader.
    settings = {"LETMEPOST_REQUESTS_PER_MINUTE": "10000"}
    async with make_dev(data_dir.parent, *INSTALLED, settings=settings) as (environment, welcome):
        assert environment.keys() == {"API", "KEY", "OPERATOR_TOKEN"}
        facts = dict(re.findall(r"^  ([A-Za-z ]+?)  +(\S+)$", welcome, re.MULTILINE))
        assert facts["documentation"] == f"{environment['API']}/docs"
        assert facts["operator token"] == environment["OPERATOR_TOKEN"]
        assert (await shell(f"curl -s {facts['sandbox']}/health", {}, tmp_path)) == '{"status":"ok"}'
        printed_by = {script: await shell(script, environment, tmp_path) for script in api_blocks()}
        assert '"error"' not in "".join(printed_by.values()), printed_by
        assert [("Hello" in printed) for printed in printed_by.values()] == [False, True], "published, and then seen"
        pages = site_pages(tmp_path / "site")
        variables = environment | {"RECEIVER_PORT": str(unused_port())}
        for page in pages:
            # The files that readers save are in the folder of the assets.
            printed = await shell("\n".join(shell_blocks(page)), variables, tmp_path / "site/docs/assets")
            refused = set(re.findall(r'^\{"error":\{.*?"rule":"([^"]+)"', printed.replace("}{", "}\n{"), re.MULTILINE))
            assert refused <= REFUSALS_SHOWN, f"{page.name}: {refused}\n{printed}"
        account_id = await first_account(environment, tmp_path)
    async with dev(data_dir.parent / ".letmepost", settings=settings) as (again, _):
        assert set(again) == {
            "api",
            "sandbox",
            "testKey",
            "liveKey",
            "operatorToken",
            "testAccountId",
            "databaseUrl",
            "workerDatabaseUrl",
            "redisUrl",
        }
        assert again["testKey"] == environment["KEY"]
        assert again["testAccountId"] != account_id, "a page has reset the sandbox"
        variables = {"API": again["api"], "KEY": again["testKey"]}
        listing = await shell('curl -s "$API/v1/posts?limit=200" -H "Authorization: Bearer $KEY"', variables, tmp_path)
        texts = [post["text"] for post in json.loads(listing)["data"]]
        assert sum(text.startswith("Hello from letmepost") for text in texts) == 2


async def first_account(environment: dict[str, str], directory: Path) -> str:
    """Return the id of the account of the first post that `make dev` published."""
    listing = await shell('curl -s "$API/v1/posts?limit=200" -H "Authorization: Bearer $KEY"', environment, directory)
    post = json.loads(listing)["data"][-1]
    assert post["text"].startswith("Hello from letmepost")
    account_id: str = post["accountId"]
    return account_id


async def test_a_part_that_dies_ends_dev_with_an_error_and_leaves_no_process(data_dir: Path) -> None:
    with pytest.raises(AssertionError, match="ended unexpectedly"):
        await _dev_whose_worker_dies(data_dir)
    left = [found.info for found in psutil.process_iter(["cmdline"]) if str(data_dir) in str(found.info["cmdline"])]
    assert left == []


async def _dev_whose_worker_dies(data_dir: Path) -> None:
    async with dev(data_dir) as (_, process):
        [worker] = [child for child in psutil.Process(process.pid).children() if "worker" in child.cmdline()]
        worker.kill()
        await asyncio.wait_for(process.wait(), 40)
