"""Refusals about webhook endpoints, events and event streams."""

from letmepost.domain.errors import RateLimited, StateForbids
from letmepost.domain.refusals.refusal import FieldRefusal, Refusal

ENDPOINTS_MAX = Refusal(
    id="webhooks.endpoints.max",
    message="The organization has {count} webhook endpoints, the maximum.",
    remediation="Delete an endpoint that is not used, in live or in test mode.",
    summary="The operator limits the number of webhook endpoints of an organization, in live and test mode together "
    "(`LETMEPOST_WEBHOOK_ENDPOINTS_MAX`, 50 by default).",
    sample={"count": 50},
    error=StateForbids,
)
ENDPOINTS_DUPLICATE_URL = Refusal(
    id="webhooks.endpoints.duplicate_url",
    message="{url} is already registered, as {endpoint_id}.",
    remediation="Change that endpoint, or use another URL.",
    summary="The URL is registered for this profile and mode. A second endpoint would receive every event twice.",
    sample={"url": "https://example.com/hook", "endpoint_id": "ep_01M80J4QPPFFHRF1R8"},
    error=StateForbids,
)
EVENTS_STREAMS_MAX = Refusal(
    id="events.streams_max",
    message="This API key follows {limit} event streams already.",
    remediation="Close one of them, or share one stream between the consumers.",
    summary="A key can follow a limited number of event streams at a time: 10, unless the operator set another number.",
    sample={"limit": 10},
    error=RateLimited,
    retryable=True,
)
EVENT_UNKNOWN = FieldRefusal(
    message="There is no event type `{given}`.",
    remediation="Use one of {known}. An empty list means all.",
    sample={"given": "post.done", "known": "post.published, post.failed"},
)
URL_NOT_ALLOWED = FieldRefusal(
    message="{problem}",
    remediation="Send a public https URL that this server can reach.",
    sample={"problem": "The host has no public address."},
)
REPLAY_RANGE = FieldRefusal(
    message="`after` must be before `before`, by at most {max_days} days.",
    remediation="Request a shorter period.",
    sample={"max_days": 30},
)
