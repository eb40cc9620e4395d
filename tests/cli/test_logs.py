"""The lines that a process logs."""

import json
import os
import socket
import subprocess
import sys

import pytest

LOG_TWICE = """
import structlog
from letmepost.cli.logs import configure_logs
configure_logs(as_json={as_json})
structlog.get_logger().info("first.line")
structlog.get_logger().info("second.line")
"""


@pytest.mark.parametrize("as_json", [True, False])
def test_each_line_is_one_write_so_that_lines_of_processes_do_not_mix(*, as_json: bool) -> None:
    reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)  # keeps the writes apart
    with reader, writer:
        subprocess.run(
            [sys.executable, "-c", LOG_TWICE.format(as_json=as_json)],
            env={**os.environ, "PYTHONUNBUFFERED": "1"},  # as in the Dockerfile
            stderr=writer.fileno(),
            check=True,
        )
        writes = [reader.recv(65536).decode() for _ in range(2)]
    assert [write.count("\n") for write in writes] == [1, 1]
    assert "first.line" in writes[0]
    assert "second.line" in writes[1]
    if as_json:
        assert [json.loads(write)["event"] for write in writes] == ["first.line", "second.line"]
