"""The verification of deliveries that docs/webhooks.md shows, in each of its languages."""

import json
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.clients.conftest import Site, run
from tests.deployment import Client
from tests.doubles.deliveries import ARRIVALS, BODY, OTHER, SECRET, signed
from tests.npm import Node
from tests.readme import ROOT, code_blocks

PAGE = ROOT / "docs/webhooks.md"
RECEIVED = json.dumps([[SECRET, arrival.signature, arrival.body, arrival.now_s] for arrival in ARRIVALS])
EXPECTED = [arrival.is_genuine for arrival in ARRIVALS]
PYTHON = """
import json, sys
print(json.dumps([is_genuine(s, signature, body.encode(), now) for s, signature, body, now in json.loads(sys.argv[1])]))
"""
NODE = """
const check = ([secret, signature, body, now]) => isGenuine(secret, signature, Buffer.from(body), now);
console.log(JSON.stringify(JSON.parse(process.argv[2]).map(check)));
"""
PHP = """
$received = json_decode($argv[1]);
echo json_encode(array_map(fn ($one) => is_genuine($one[0], $one[1], $one[2], $one[3]), $received)), "\\n";
"""
GO = """
package main

import (
  "encoding/json"
  "fmt"
  "os"
  "time"

  "example.com/receiver/webhooks"
)

func main() {
  var received [][]any
  if err := json.Unmarshal([]byte(os.Args[1]), &received); err != nil {
    panic(err)
  }
  found := []bool{}
  for _, one := range received {
    now := time.Unix(int64(one[3].(float64)), 0)
    found = append(found, webhooks.IsGenuine(one[0].(string), one[1].(string), []byte(one[2].(string)), now))
  }
  printed, _ := json.Marshal(found)
  fmt.Println(string(printed))
}
"""


def shown(language: str) -> str:
    """Return the function that checks a signature without a library."""
    [code] = [block for block in code_blocks(PAGE, language) if "X-Letmepost-Signature" in block]
    return code


def need(program: str) -> str:
    """Return the path of a program. Skip the test if it is not installed."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


async def test_documented_python_accepts_only_genuine_deliveries(tmp_path: Path) -> None:
    printed = await run(sys.executable, "-I", "-c", shown("python") + PYTHON, RECEIVED, directory=tmp_path)
    assert json.loads(printed) == EXPECTED


async def test_documented_javascript_accepts_only_genuine_deliveries(node: Node, tmp_path: Path) -> None:
    (tmp_path / "verify.mjs").write_text(shown("js") + NODE, encoding="utf-8")
    assert json.loads(await run(node.node, "verify.mjs", RECEIVED, directory=tmp_path)) == EXPECTED


async def test_documented_php_accepts_only_genuine_deliveries(tmp_path: Path) -> None:
    (tmp_path / "verify.php").write_text(shown("php") + PHP, encoding="utf-8")
    assert json.loads(await run(need("php"), "verify.php", RECEIVED, directory=tmp_path)) == EXPECTED


async def test_documented_go_accepts_only_genuine_deliveries(tmp_path: Path) -> None:
    go = need("go")
    (tmp_path / "webhooks").mkdir()
    (tmp_path / "go.mod").write_text("module example.com/receiver\n\ngo 1.19\n", encoding="utf-8")
    (tmp_path / "webhooks/verify.go").write_text(shown("go"), encoding="utf-8")
    (tmp_path / "main.go").write_text(GO, encoding="utf-8")
    assert json.loads(await run(go, "run", ".", RECEIVED, directory=tmp_path)) == EXPECTED


async def test_documented_typescript_receives_only_genuine_deliveries(
    site: Site, client: Client, built: Path, tmp_path: Path
) -> None:
    (tmp_path / "deliver.mjs").write_text(
        f"""
        import {{ receive }} from "{built}/dist-tests/docs-webhooks.js";
        for (const [body, headers] of JSON.parse(process.argv[2])) {{
          const request = new Request("https://customer.example/", {{ method: "POST", body, headers }});
          console.log("status", (await receive(request, "{SECRET}")).status);
        }}
        """,
        encoding="utf-8",
    )
    now = datetime.now(UTC)  # noqa: TID251 - the programs use the real clock
    genuine, forged = (dict(signed(secret, now=now)) for secret in (SECRET, OTHER))
    deliveries = json.dumps([(BODY, genuine), (f"{BODY} ", genuine), (BODY, forged)])
    settings = (f"LETMEPOST_URL={site.url}", f"LETMEPOST_API_KEY={client.key}")
    printed = await run("/usr/bin/env", *settings, "node", "deliver.mjs", deliveries, directory=tmp_path)
    assert [line for line in printed.splitlines() if line.startswith("status")] == ["status 204", *["status 400"] * 2]


def test_documented_python_receives_only_genuine_deliveries() -> None:
    [code] = [block for block in code_blocks(PAGE, "python") if "def receive" in block]
    defined: dict[str, Callable[..., int]] = {}
    exec(code, defined)  # noqa: S102 - our own documentation
    now = datetime.now(UTC)  # noqa: TID251 - the programs use the real clock
    genuine, forged = (signed(secret, now=now) for secret in (SECRET, OTHER))
    deliveries = [(BODY, genuine), (f"{BODY} ", genuine), (BODY, forged)]
    assert [defined["receive"](body.encode(), headers, SECRET) for body, headers in deliveries] == [204, 400, 400]
