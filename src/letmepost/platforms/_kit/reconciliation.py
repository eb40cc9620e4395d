"""Reconciling a call without a reply: what a failure to find out means, and the reply that was lost."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Flow, Found, Reconciled, Reply, Unknown
from letmepost.domain.retry import POLICIES, Next

_LATER = frozenset({Next.TRY_AGAIN})


def reconcile_by(look_up: Flow[Reconciled], *, later: Collection[Next] = _LATER) -> Flow[Reconciled]:
    """Return the result of a look-up. It is unknown if the platform refuses the look-up permanently.

    Args:
        later: the policies of failures after which the look-up is made again later.

    Raises:
        PlatformFailure: the platform cannot report it now; try again later.
    """
    try:
        return (yield from look_up)
    except PlatformFailure as failure:
        if POLICIES[failure.kind].next in later:
            raise
        return Unknown(failure.message)


def found_as(
    status: int,
    received_at: datetime,
    *,
    headers: Mapping[str, str] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Found:
    """Return the result that a post was found, with the reply that its call would have had.

    Args:
        received_at: when the look-up was answered.
        data: the JSON body.
    """
    body = b"" if data is None else json.dumps(data).encode()
    return Found(Reply(status=status, headers=headers or {}, body=body, received_at=received_at))
