"""Access to a platform: live mode calls its real hosts, test mode calls only the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote
from uuid import UUID

from pydantic import AnyHttpUrl

from letmepost.domain import refusals
from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.sandbox_pages import SandboxLinks
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.metrics import Metrics
from letmepost.gateways.sender import Charge, charge_nothing
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.contract import Platform
from letmepost.services.platform_costs import CostMeter


@dataclass(frozen=True, slots=True)
class Access:
    """The platform, settings and HTTP client that run a flow for one tenant in one mode.

    `charge`: counts what the platform charges the tenant's calls. `pages`: where a browser sees test posts; None in
    live mode.
    """

    platform: Platform
    settings: PlatformSettings
    http: HTTPClient
    metrics: Metrics = field(default_factory=Metrics)
    charge: Charge = charge_nothing
    pages: SandboxLinks | None = None


@dataclass(frozen=True, slots=True)
class SandboxAccess:
    """Where this process reaches the sandbox, with which client, and where browsers reach it.

    `link_key`: signs links to the sandbox's pages; None if they are not signed.
    """

    http: HTTPClient
    url: str
    browser_url: str
    link_key: str | None = None


class Worlds:
    """Gives access to platforms. The live client never reaches the sandbox; the test client reaches nothing else.

    Args:
        sandbox: None if the deployment runs none.
        is_public: True if the platforms can reach this deployment.
        meter: counts what live calls cost; None if nothing counts it.
    """

    def __init__(
        self,
        *,
        platforms: Mapping[str, Platform],
        settings: Mapping[str, PlatformSettings],
        live_http: HTTPClient,
        sandbox: SandboxAccess | None = None,
        is_public: bool = False,
        metrics: Metrics | None = None,
        meter: CostMeter | None = None,
    ) -> None:
        self.platforms = platforms
        self._settings = settings
        self._live_http = live_http
        self._sandbox = sandbox
        self._is_public = is_public
        self._metrics = metrics or Metrics()
        self._meter = meter

    def platform(self, name: str) -> Platform:
        """Return the platform with this name.

        Raises:
            NotFound: the platform does not exist.
        """
        try:
            return self.platforms[name]
        except KeyError:
            raise refusals.requests.PLATFORM_UNKNOWN(given=name, known=", ".join(self.platforms)) from None

    def can_fetch_media(self, mode: Mode) -> bool:
        """Return True if platforms can fetch media from this deployment. Simulators never fetch any."""
        return mode is Mode.TEST or self._is_public

    def access(self, name: str, mode: Mode, organization_id: UUID) -> Access:
        """Return access to a platform for a tenant.

        Raises:
            NotFound: the platform does not exist.
            PlatformNotEnabled: the mode is test, and the deployment runs no sandbox.
        """
        platform = self.platform(name)
        if mode is Mode.LIVE:
            settings = self._settings[name]
            charge = charge_nothing if self._meter is None else partial(self._meter.add, organization_id, platform)
            return Access(platform.signing_for(settings), settings, self._live_http, self._metrics, charge)
        if self._sandbox is None:
            raise refusals.keys.SANDBOX_MISSING(platform=name)
        settings = _simulator_settings(platform, self._sandbox.url, organization_id)
        pages = SandboxLinks(
            root=_simulator_root(platform, self._sandbox.browser_url, organization_id),
            world=world_name(organization_id),
            key=self._sandbox.link_key,
        )
        return Access(platform.signing_for(settings), settings, self._sandbox.http, self._metrics, pages=pages)

    def browser_settings(self, access: Access, mode: Mode, organization_id: UUID) -> PlatformSettings:
        """Return the settings from which URLs are built that a person opens in a browser.

        In test mode a browser may reach the sandbox at another address than this process does.
        """
        if mode is Mode.LIVE or self._sandbox is None:
            return access.settings
        return _simulator_settings(access.platform, self._sandbox.browser_url, organization_id)

    def access_to_connect(self, name: str, mode: Mode, organization_id: UUID) -> Access:
        """Return access for connecting an account.

        Raises:
            NotFound: the platform does not exist.
            PlatformNotEnabled: the deployment has no credentials for it, or runs no sandbox in test mode.
        """
        access = self.access(name, mode, organization_id)
        if not self.is_enabled(name, mode):
            raise refusals.accounts.PLATFORM_NOT_ENABLED(title=access.platform.title, platform=name)
        return access

    def is_enabled(self, name: str, mode: Mode) -> bool:
        """Return True if accounts of the platform can be connected in this mode."""
        if mode is Mode.TEST:
            return self._sandbox is not None
        settings = self._settings[name]
        return all(getattr(settings, field) is not None for field in settings.credentials())

    def live_settings(self, name: str) -> PlatformSettings:
        """Return the settings of a platform in live mode."""
        return self._settings[name]


def world_name(organization_id: UUID) -> str:
    """Return the name of an organization's test world in the sandbox."""
    return format_id(Prefix.ORGANIZATION, organization_id)


def _simulator_settings(platform: Platform, sandbox_url: str, organization_id: UUID) -> PlatformSettings:
    """Return the settings that point every host of a platform at its simulator for one organization."""
    return platform.simulator.settings(AnyHttpUrl(_simulator_root(platform, sandbox_url, organization_id)))


def _simulator_root(platform: Platform, sandbox_url: str, organization_id: UUID) -> str:
    """Return the URL of a platform's simulator for one organization."""
    world = world_name(organization_id)
    return f"{sandbox_url.rstrip('/')}/{quote(world)}/{quote(platform.name)}"
