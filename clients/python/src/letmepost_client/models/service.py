"""The clock of test mode, and the health of the server."""

from datetime import datetime
from typing import Any

from letmepost_client.models.base import Model


class DeletedObject(Model):
    """The id of a deleted object."""

    id: str
    deleted: bool


class SandboxClock(Model):
    """The time in test mode, and how many seconds it is ahead of real time."""

    now: datetime
    ahead_s: float


class Health(Model):
    """The state of the process."""

    status: str


class Readiness(Model):
    """Whether the deployment can publish.

    `parts` has `ok` or the problem of each part. `degraded`: it accepts and publishes posts, but an operator should
    look at it.
    """

    status: str
    parts: dict[str, str]


class SandboxReset(Model):
    """The number of waiting posts that the reset has canceled."""

    canceled_count: int


class SandboxPost(Model):
    """A post that followers of a simulated account see.

    Attributes:
        record: the post as the platform stores it.
    """

    uri: str | None = None
    account_id: str | None = None
    text: str | None = None
    created_at: str | None = None
    reply_to: str | None = None
    record: dict[str, Any] = {}
