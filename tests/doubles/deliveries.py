"""Signed deliveries of webhooks, genuine and not, for the code that the documentation shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from letmepost.domain.signing import signature_headers, signing_secret

SECRET, OTHER = signing_secret(bytes(32)), signing_secret(bytes(range(32)))
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
BODY = '{"id":"evt_1","type":"post.published","data":{"postId":"post_1","text":"Grüße"}}'


def signed(*secrets: str, now: datetime = NOW) -> Mapping[str, str]:
    """Return the headers of a delivery of `BODY`."""
    return signature_headers(
        event_id="evt_1",
        event_type="post.published",
        delivery_id="dlv_1",
        body=BODY.encode(),
        secrets=secrets,
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery as a receiver with `SECRET` gets it. `signature`: the header X-Letmepost-Signature."""

    name: str
    signature: str
    is_genuine: bool
    body: str = BODY
    age_s: int = 0

    @property
    def now_s(self) -> int:
        """Return the receiver's time, in Unix seconds."""
        return int(NOW.timestamp()) + self.age_s


def _signature(*secrets: str) -> str:
    return signed(*secrets)["X-Letmepost-Signature"]


ARRIVALS = (
    Arrival("genuine", _signature(SECRET), is_genuine=True),
    Arrival("rotated secret", _signature(OTHER, SECRET), is_genuine=True),
    Arrival("secret that is being replaced", _signature(SECRET, OTHER), is_genuine=True),
    Arrival("another secret", _signature(OTHER), is_genuine=False),
    Arrival("another body", _signature(SECRET), is_genuine=False, body=f"{BODY} "),
    Arrival("too old", _signature(SECRET), is_genuine=False, age_s=301),
    Arrival("another time", _signature(SECRET).replace("t=1", "t=2"), is_genuine=False),
    Arrival("no signature", _signature(SECRET).partition(",")[0], is_genuine=False),
    Arrival("nonsense", "nonsense,v1=", is_genuine=False),
)
