"""The clock of a test world, for the form on its page in the sandbox."""

import hmac
from contextlib import suppress
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.api_keys import Mode
from letmepost.gateways.sandbox import SandboxControl
from letmepost.services.platform_access import world_name
from letmepost.services.sandbox.clock import FURTHEST_AHEAD_S, ClockMovedError, Jump, move, move_simulators
from letmepost.services.work import UnitsOfWork
from letmepost.storage.database import Tenant


class PageClock:
    """Moves the clocks of test worlds as `POST /v1/sandbox/clock` does, but for the sandbox process.

    Args:
        control: None if the deployment runs no sandbox.
        token: what the sandbox proves its identity with: the token of its control API.
    """

    def __init__(self, units: UnitsOfWork, control: SandboxControl | None, token: str | None) -> None:
        self._units = units
        self._control = control
        self._token = token

    def is_from_sandbox(self, authorization: str) -> bool:
        """Return True if a request with this header is from the sandbox process."""
        return self._token is not None and hmac.compare_digest(authorization.encode(), f"Bearer {self._token}".encode())

    async def advance(self, organization_id: UUID, seconds: float) -> None:
        """Move the clock of an organization's test world forward.

        Raises:
            NotFound: the organization does not exist, or the deployment runs no sandbox.
            InvalidRequest: the time is too far ahead.
            SendFailure: the sandbox does not respond.
        """
        tenant = Tenant(organization_id, Mode.TEST)
        while True:
            async with self._units.begin(tenant) as work:
                if self._control is None or await work.organization.find() is None:
                    raise refusals.requests.PAGE_UNKNOWN()
                before_s = await work.test_world.ahead_s()
            if before_s + seconds > FURTHEST_AHEAD_S:
                raise refusals.sandbox.CLOCK_TOO_FAR(field="advanceS")
            jump = Jump(
                control=self._control,
                world=world_name(organization_id),
                before_s=before_s,
                ahead_s=before_s + seconds,
            )
            await move_simulators(jump)
            with suppress(ClockMovedError):
                async with self._units.begin(tenant) as work:
                    await move(work, jump)
                return
