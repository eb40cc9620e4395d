"""Example events."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import typer

from letmepost.domain.ids import Prefix, format_id, uuid7
from letmepost.gateways.clock import SystemClock
from letmepost.platforms import discover
from letmepost.services.events import EVENT_TYPES, timestamp
from letmepost.services.webhooks.samples import SAMPLE_ULID, sample_data


def sample_event(event_type: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event like those that `webhook_endpoints.test` sends.

    Args:
        changes: fields of the data to replace or add.
    """
    if event_type not in EVENT_TYPES:
        similar = get_close_matches(event_type, EVENT_TYPES, n=3)
        advice = f"Did you mean {', '.join(similar)}?" if similar else f"Use one of {', '.join(EVENT_TYPES)}."
        raise typer.BadParameter(f"There is no event {event_type}. {advice}", param_hint="TYPE")
    clock = SystemClock()
    now = clock.now()
    data = sample_data(event_type, next(iter(discover())))
    return {
        "id": format_id(Prefix.EVENT, uuid7(int(now.timestamp() * 1000), clock.entropy(10))),
        "type": event_type,
        "createdAt": timestamp(now),
        "organizationId": f"{Prefix.ORGANIZATION}_{SAMPLE_ULID}",
        "data": {**data, "test": True, **changes, "sequence": 0},
    }
