"""Caddy accepts the configuration that docs/self-hosting.md shows."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.readme import ROOT, code_blocks

CADDY = shutil.which("caddy")


@pytest.mark.skipif(CADDY is None, reason="Caddy is not installed (Debian: apt-get install caddy)")
def test_documented_configuration_is_valid_and_forwards_to_the_api(tmp_path: Path) -> None:
    [block] = code_blocks(ROOT / "docs/self-hosting.md", "caddy")
    (tmp_path / "Caddyfile").write_text(block, encoding="utf-8")
    arguments = ("adapt", "--config", tmp_path / "Caddyfile", "--validate")
    done = subprocess.run([str(CADDY), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "not formatted" not in done.stderr
    [server] = json.loads(done.stdout)["apps"]["http"]["servers"].values()
    text = json.dumps(server)
    assert server["listen"] == [":443"]
    assert '"dial": "127.0.0.1:8080"' in text
    assert '"flush_interval": -1' in text
