"""The JavaScript of the documentation, in Node."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from letmepost.domain.signing import signature_headers, signing_secret
from tests.npm import Node
from tests.readme import README, code_blocks

SECRET, OTHER = signing_secret(bytes(32)), signing_secret(bytes(range(32)))
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
BODY = '{"type":"post.published","data":{"text":"Grüße"}}'
CALL = """
const [secret, signature, body, now] = JSON.parse(process.argv[2]);
console.log(isGenuine(secret, signature, Buffer.from(body), now));
"""


def signature(*secrets: str) -> str:
    headers = signature_headers(
        event_id="evt_1",
        event_type="post.published",
        delivery_id="dlv_1",
        body=BODY.encode(),
        secrets=secrets,
        now=NOW,
    )
    return headers["X-Letmepost-Signature"]


@pytest.mark.parametrize(
    ("sent", "body", "age_s", "genuine"),
    [
        pytest.param(signature(SECRET), BODY, 0, "true", id="genuine"),
        pytest.param(signature(OTHER, SECRET), BODY, 0, "true", id="rotated secret"),
        pytest.param(signature(OTHER), BODY, 0, "false", id="another secret"),
        pytest.param(signature(SECRET), f"{BODY} ", 0, "false", id="another body"),
        pytest.param(signature(SECRET), BODY, 301, "false", id="too old"),
        pytest.param("nonsense,v1=", BODY, 0, "false", id="nonsense"),
    ],
)
def test_documented_javascript_verifies_a_delivery(
    sent: str, body: str, age_s: int, genuine: str, node: Node, tmp_path: Path
) -> None:
    [code] = code_blocks(README.parent / "docs/webhooks.md", "js")
    script = tmp_path / "verify.mjs"
    script.write_text(code + CALL, encoding="utf-8")
    given = json.dumps([SECRET, sent, body, NOW.timestamp() + age_s])
    done = subprocess.run([node.node, script, given], capture_output=True, text=True, check=True)
    assert done.stdout == f"{genuine}\n"
