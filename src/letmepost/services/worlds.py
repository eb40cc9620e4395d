"""The two worlds a platform is reached in: its real hosts, or the sandbox. Neither can reach the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote
from uuid import UUID

from pydantic import AnyHttpUrl

from letmepost.domain.api_keys import Mode
from letmepost.domain.errors import NotFound, PlatformNotEnabled
from letmepost.domain.ids import Prefix, spell
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.metrics import Metrics
from letmepost.platforms.contract import Platform, PlatformSettings


@dataclass(frozen=True, slots=True)
class Access:
    """How flows of one platform are driven for one tenant in one world."""

    platform: Platform
    settings: PlatformSettings
    http: HTTPClient
    metrics: Metrics = field(default_factory=Metrics)


class Worlds:
    """Finds a platform's way out. The clients are restricted: live never reaches the sandbox, test nothing else.

    `is_public`: whether the platforms find their way in.
    """

    def __init__(
        self,
        *,
        platforms: Mapping[str, Platform],
        settings: Mapping[str, PlatformSettings],
        live_http: HTTPClient,
        sandbox_http: HTTPClient,
        sandbox_url: str | None,
        is_public: bool = False,
        metrics: Metrics | None = None,
    ) -> None:
        self.platforms = platforms
        self._settings = settings
        self._live_http = live_http
        self._sandbox_http = sandbox_http
        self._sandbox_url = sandbox_url
        self._is_public = is_public
        self._metrics = metrics or Metrics()

    def platform(self, name: str) -> Platform:
        """The platform of that name.

        Raises:
            NotFound: there is none.
        """
        try:
            return self.platforms[name]
        except KeyError:
            raise NotFound("platform") from None

    def can_fetch_media(self, mode: Mode) -> bool:
        """Whether the platforms of a world can fetch media from us. A simulator never does, and so needs no way in."""
        return mode is Mode.TEST or self._is_public

    def access(self, name: str, mode: Mode, organization_id: UUID) -> Access:
        """How to reach a platform for a tenant.

        Raises:
            NotFound: there is no such platform.
            PlatformNotEnabled: a test world without a sandbox.
        """
        platform = self.platform(name)
        if mode is Mode.LIVE:
            return Access(platform, self._settings[name], self._live_http, self._metrics)
        if self._sandbox_url is None:
            raise PlatformNotEnabled("This deployment runs no sandbox, so test keys cannot publish.", platform=name)
        world = spell(Prefix.ORGANIZATION, organization_id)
        base = AnyHttpUrl(f"{self._sandbox_url.rstrip('/')}/{quote(world)}/{quote(name)}")
        return Access(platform, platform.simulator.settings(base), self._sandbox_http, self._metrics)

    def access_to_connect(self, name: str, mode: Mode, organization_id: UUID) -> Access:
        """The same, for an account that is yet to be connected.

        Raises:
            NotFound: there is no such platform.
            PlatformNotEnabled: the deployment has no credentials for it, or a test world has no sandbox.
        """
        access = self.access(name, mode, organization_id)
        if not self.is_enabled(name, mode):
            raise PlatformNotEnabled(
                f"This deployment has no credentials for {access.platform.title}.",
                remediation="Ask the operator to set them; `letmepost doctor` says which.",
                platform=name,
            )
        return access

    def is_enabled(self, name: str, mode: Mode) -> bool:
        """Whether accounts of a platform can be connected in a world."""
        if mode is Mode.TEST:
            return self._sandbox_url is not None
        settings = self._settings[name]
        return all(getattr(settings, field) is not None for field in settings.credentials())

    def live_settings(self, name: str) -> PlatformSettings:
        """A platform's settings in the live world."""
        return self._settings[name]
