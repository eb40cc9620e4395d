"""The state of the deployment."""

from collections.abc import Mapping
from typing import Literal

from letmepost.http.schemas.base import View


class HealthView(View):
    """The state of the process."""

    status: Literal["ok"] = "ok"


class ReadinessView(View):
    """Whether the deployment can publish. `parts` has `ok` or the problem of each part.

    `degraded`: it accepts and publishes posts, but an operator should look at it.
    """

    status: Literal["ready", "degraded", "not_ready"]
    parts: Mapping[str, str]
