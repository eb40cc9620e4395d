"""The code that docs/webhooks.md shows verifies the signature of a delivery."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from letmepost.domain.signing import signature_headers, signing_secret
from tests.readme import code_blocks

PAGE = Path(__file__).parents[2] / "docs/webhooks.md"
SECRET, OTHER = signing_secret(bytes(32)), signing_secret(bytes(range(32)))
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
BODY = '{"type":"post.published","data":{"text":"Grüße"}}'.encode()


@pytest.fixture(scope="module")
def is_genuine() -> Callable[..., bool]:
    [code] = code_blocks(PAGE, "python")
    defined: dict[str, Any] = {}
    exec(code, defined)  # noqa: S102 - our own documentation
    shown: Callable[..., bool] = defined["is_genuine"]
    return shown


def signature(*secrets: str) -> str:
    headers = signature_headers(
        event_id="evt_1", event_type="post.published", delivery_id="dlv_1", body=BODY, secrets=secrets, now=NOW
    )
    return headers["X-Letmepost-Signature"]


@pytest.mark.parametrize("secrets", [(SECRET,), (SECRET, OTHER), (OTHER, SECRET)])
def test_documented_code_accepts_a_delivery(is_genuine: Callable[..., bool], secrets: tuple[str, ...]) -> None:
    assert is_genuine(SECRET, signature(*secrets), BODY, NOW.timestamp())


@pytest.mark.parametrize(
    ("sent", "body", "age_s"),
    [
        pytest.param(signature(OTHER), BODY, 0, id="another secret"),
        pytest.param(signature(SECRET), BODY + b" ", 0, id="another body"),
        pytest.param(signature(SECRET), BODY, 301, id="too old"),
        pytest.param(signature(SECRET).replace("t=1", "t=2"), BODY, 0, id="another time"),
        pytest.param(signature(SECRET).partition(",")[0], BODY, 0, id="no signature"),
    ],
)
def test_documented_code_rejects_everything_else(
    is_genuine: Callable[..., bool], sent: str, body: bytes, age_s: int
) -> None:
    assert not is_genuine(SECRET, sent, body, NOW.timestamp() + age_s)
