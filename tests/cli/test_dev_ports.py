"""`letmepost dev` checks its ports before it uses them."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from letmepost.cli.dev.processes import PortUnavailableError, check_port, free_port
from letmepost.cli.dev.secrets import load_state
from tests.cli.support import NO_DATABASE, NO_REDIS, run


@pytest.fixture
def used_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_dev_names_a_used_port_and_how_to_choose_another(used_port: int, tmp_path: Path) -> None:
    failed = run({}, "dev", "--port", str(used_port), "--data-dir", str(tmp_path / "data"))
    assert failed.code == 1
    assert failed.error.startswith(f"Port {used_port} is not available for the API: Address already in use.")
    assert f"make dev PORT={used_port + 1}" in failed.error
    assert not (tmp_path / "data").exists(), "the port is checked first"


def test_dev_names_the_used_port_of_the_sandbox(used_port: int, tmp_path: Path) -> None:
    state = load_state(tmp_path / "dev.json")
    replace(state, sandbox_port=used_port).save(tmp_path / "dev.json")
    servers = {"DATABASE_URL": NO_DATABASE, "REDIS_URL": NO_REDIS}
    failed = run(servers, "dev", "--port", "0", "--data-dir", str(tmp_path))
    assert failed.code == 1
    assert f"Port {used_port} is not available for the sandbox: Address already in use." in failed.error


def test_free_port_is_available() -> None:
    check_port(free_port(), "API", "")


def test_port_that_was_used_a_moment_ago_is_available() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as listener, socket.create_connection(("127.0.0.1", port)):
        with pytest.raises(PortUnavailableError, match=str(port)):
            check_port(port, "API", "")
        accepted, _ = listener.accept()
        accepted.close()
    check_port(port, "API", "")
