"""Caddy accepts the configuration that docs/self-hosting.md shows."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.readme import ROOT, code_blocks

CADDY = shutil.which("caddy")


@pytest.mark.skipif(CADDY is None, reason="Caddy is not installed (Debian: apt-get install caddy)")
def test_documented_configuration_forwards_https_to_the_published_ports(tmp_path: Path) -> None:
    [block] = code_blocks(ROOT / "docs/self-hosting.md", "caddy")
    (tmp_path / "Caddyfile").write_text(block, encoding="utf-8")
    # `--validate` also provisions the modules, which store certificates below this folder.
    settings = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    arguments = ("adapt", "--config", tmp_path / "Caddyfile", "--validate")
    done = subprocess.run([str(CADDY), *arguments], capture_output=True, text=True, check=False, env=settings)
    assert done.returncode == 0, done.stderr
    assert "not formatted" not in done.stderr
    [server] = json.loads(done.stdout)["apps"]["http"]["servers"].values()
    assert server["listen"] == [":443"]
    found = {}
    for route in server["routes"]:
        [host] = route["match"][0]["host"]
        [inner] = route["handle"][0]["routes"]
        [proxy] = inner["handle"]
        assert proxy.keys() == {"handler", "upstreams"}, "it neither compresses nor limits bodies"
        found[host] = proxy["upstreams"]
    assert found == {
        "api.example.com": [{"dial": "127.0.0.1:8080"}],
        "sandbox.example.com": [{"dial": "127.0.0.1:8090"}],
    }
