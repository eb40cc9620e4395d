"""The options of `letmepost sandbox`, and the messages about wrong ones. `tests/processes` runs it."""

import socket
from pathlib import Path

import pytest

from letmepost.platforms import discover
from letmepost.sandbox import open_store
from tests.cli.support import run

TOKEN = "a-token-of-24-characters"


@pytest.mark.parametrize("host", ["192.0.2.1", "::", "sandbox.example"])
def test_address_that_others_reach_needs_a_token(host: str) -> None:
    failed = run({}, "sandbox", "--host", host, "--port", "0")
    assert failed.code == 2
    assert "--token" in failed.error


def test_token_has_a_minimum_length() -> None:
    failed = run({}, "sandbox", "--token", "short")
    assert (failed.code, "at least 16 characters" in failed.error) == (2, True)


@pytest.mark.parametrize("option", ["--seed", "--token", "--ready-file"])
def test_option_of_the_emulator_is_rejected_in_a_deployment(option: str) -> None:
    failed = run({"LETMEPOST_SANDBOX_TOKEN": TOKEN}, "sandbox", option, TOKEN)
    assert (failed.code, "LETMEPOST_SANDBOX_TOKEN" in failed.error) == (2, True)


def test_occupied_port_is_reported_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        failed = run({}, "sandbox", "--port", port)
    assert (failed.code, len(failed.error.splitlines())) == (1, 1)
    assert f"Cannot listen on 127.0.0.1:{port}" in failed.error


def test_port_without_room_for_those_of_the_networks_is_rejected() -> None:
    failed = run({}, "sandbox", "--port", "65530")
    assert (failed.code, len(failed.error.splitlines())) == (1, 1)
    assert f"Choose one of at most {65_535 - len(discover())}." in failed.error


def test_port_of_the_second_network_that_is_occupied_is_reported_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = run({}, "sandbox", "--port", str(port - 2))
    assert (failed.code, len(failed.error.splitlines())) == (1, 1)
    assert "Cannot listen on 127.0.0.1:" in failed.error


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[accounts]]\nnetwork = 'myspace'\n", "line 2: accounts[0].network: there is no network 'myspace'"),
        ("[[accounts]]\nnetwork = 'mastodon'\nname = 'A'\n", "accounts[0]: Mastodon: its accounts have no name"),
    ],
)
def test_wrong_seed_is_reported_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    seed = tmp_path / "seed.toml"
    seed.write_text(text)
    failed = run({}, "sandbox", "--port", "0", "--seed", str(seed))
    assert (failed.code, len(failed.error.splitlines())) == (1, 1)
    assert message in failed.error


def test_file_of_another_process_is_reported_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "data.sqlite"
    store = open_store(path)
    try:
        failed = run({}, "sandbox", "--port", "0", "--data", str(path))
    finally:
        store.close()
    assert (failed.code, len(failed.error.splitlines())) == (1, 1)
    assert f"Cannot use {path}" in failed.error
