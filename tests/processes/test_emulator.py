"""`letmepost sandbox` as an emulator, and the commands of docs/emulator.md."""

import asyncio
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from letmepost.platforms import discover
from tests.emulated import emulated
from tests.processes.dev import shell
from tests.readme import README, code_blocks, shell_blocks

PAGE = README.parent / "docs/emulator.md"


async def test_emulator_prints_every_network_with_a_token_and_ends_quietly(tmp_path: Path) -> None:
    async with emulated(tmp_path) as running:
        async with httpx2.AsyncClient(timeout=30) as http:
            assert (await http.get(running.ready["controlUrl"])).json()["networks"] == running.ready["networks"]
        printed = "".join(running.output)
        for network in running.ready["networks"].values():
            assert network["url"] in printed
            assert network["accounts"][0]["token"] in printed
        running.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(running.process.wait(), 30) == 0
    assert "Traceback" not in "".join(running.output)
    assert running.ready["networks"].keys() == discover().keys()


async def test_second_emulator_on_the_same_port_ends_with_a_message(tmp_path: Path) -> None:
    async with emulated(tmp_path) as running:
        port = str(urlsplit(running.ready["pageUrl"]).port)
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "letmepost", "sandbox", "--port", port),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await second.communicate()
    assert second.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in printed.decode()


async def test_file_keeps_the_world_for_the_next_start(tmp_path: Path) -> None:
    posts: list[dict[str, str]] = []
    for _ in range(2):
        async with emulated(tmp_path, "--data", "data.sqlite") as running, httpx2.AsyncClient(timeout=30) as http:
            network = running.ready["networks"]["mastodon"]
            headers = {"authorization": f"Bearer {network['accounts'][0]['token']}"}
            reply = await http.post(f"{network['url']}/api/v1/statuses", json={"status": "Hello"}, headers=headers)
            assert reply.status_code == 200, reply.text
            posts = (await http.get(f"{running.ready['controlUrl']}/mastodon/posts")).json()["posts"]
    assert [post["text"] for post in posts] == ["Hello", "Hello"]


async def test_seed_and_commands_of_the_documentation_work(tmp_path: Path) -> None:
    [seed] = code_blocks(PAGE, "toml")
    (tmp_path / "seed.toml").write_text(seed, encoding="utf-8")
    async with emulated(tmp_path, "--seed", "seed.toml") as running:
        environment = {"CONTROL": running.ready["controlUrl"]}
        for script in shell_blocks(PAGE):
            printed = await shell(script, environment, tmp_path)
            assert '"error"' not in printed, f"{script}\n{printed}"
