"""Creates an account of a seed in a simulated network, and signs in to it with the platform's own flows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from letmepost.domain.flow import Flow
from letmepost.gateways.drive import drive
from letmepost.gateways.sender import Sender
from letmepost.platforms.connecting import App, ConnectedAccount, ConsentRequest, Credential, Grant, PlatformSettings
from letmepost.platforms.contract import Platform
from letmepost.platforms.simulation import State
from letmepost.sandbox.seeding.local_network import LocalNetwork, SeedClock
from letmepost.sandbox.seeding.seed import SeedAccount
from letmepost.sandbox.serving import ENTROPY_BYTES

_CALLBACK = "https://app.example/callback"
_ANY_SERVER = "social.example"
_TOKEN = "access_token"  # noqa: S105 - the name of a secret


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account that is signed in to.

    Args:
        token: the access token, or on a network without OAuth the password.
        typed: what a person types to connect it; empty with OAuth.
    """

    account: ConnectedAccount
    token: str
    typed: Mapping[str, str]


@dataclass(kw_only=True)
class SigningIn:
    """The creation of one account, and of those that the same person consents for.

    Args:
        state: of the simulator.
    """

    platform: Platform
    wanted: SeedAccount
    state: State
    settings: PlatformSettings
    network: LocalNetwork
    clock: SeedClock

    async def run(self) -> list[SignedIn]:
        """Create the account, and return it; several, if a person consents for several.

        Raises:
            ValueError: the network has no such account. The message says why.
            PlatformFailure: the network refused to connect it.
        """
        known = {profile.account_id for profile in self.platform.simulator.profiles(self.state)}
        app = await self._register()
        given = self._create() if self.wanted.consent is None else self._consent(app)
        given = {**given, **self._rename(known, given)}
        if self.platform.oauth is None:
            return [await self._with_password(given)]
        grant = Grant(code=given["code"], redirect_uri=_CALLBACK, code_verifier="", app=app)
        accounts = await self._run(self.platform.oauth.accounts(grant, self.settings))
        if self.wanted.token is not None:
            accounts = [self._with_token(accounts, self.wanted.token)]
        return [SignedIn(account, account.credential.secrets[_TOKEN], {}) for account in accounts]

    def _create(self) -> Mapping[str, str]:
        entropy = self.clock.entropy(ENTROPY_BYTES)
        return self.platform.simulator.create_account(self.state, self.wanted.scenario, self.clock.now(), entropy)

    def _consent(self, app: App | None) -> Mapping[str, str]:
        """Follow the link of the choice on the consent page, and return the code."""
        if self.platform.oauth is None:
            raise ValueError("it has no consent page")
        request = ConsentRequest(redirect_uri=_CALLBACK, state="seed", code_challenge="", app=app)
        url = self.platform.oauth.consent_url(request, self.settings)
        reply = self.network.ask("GET", f"{url}&choice={self.wanted.consent}")
        returned = dict(parse_qsl(urlsplit(reply.headers.get("location", "")).query))
        if "code" not in returned:
            raise ValueError(f"its consent page has no choice {self.wanted.consent!r} that allows access")
        return {"code": returned["code"]}

    def _rename(self, known: set[str], given: Mapping[str, str]) -> Mapping[str, str]:
        """Rename the new account. Return the fields of `given` that contain its old handle, with the new one."""
        handle, name = self.wanted.handle, self.wanted.name
        if handle is None and name is None:
            return {}
        simulator = self.platform.simulator
        new = [profile for profile in simulator.profiles(self.state) if profile.account_id not in known]
        if len(new) != 1:
            raise ValueError("a handle or a name needs a `consent` that creates one account")
        simulator.rename(self.state, new[0].account_id, handle, name)
        return {} if handle is None else {field: handle for field, text in given.items() if text == new[0].handle}

    async def _with_password(self, given: Mapping[str, str]) -> SignedIn:
        """Connect the account with the password of the seed, if it has one."""
        connect, form = self.platform.connect, self.platform.connect_input
        if connect is None or form is None:
            raise ValueError("its accounts cannot be connected")
        fields = form.model_fields.items()
        secret = next(field.alias or name for name, field in fields if field.annotation is SecretStr)
        if self.wanted.token is not None:
            self.platform.simulator.replace_token(self.state, given[secret], self.wanted.token)
            given = {**given, secret: self.wanted.token}
        account = await self._run(connect(form.model_validate(given), self.settings))
        return SignedIn(account, given[secret], given)

    def _with_token(self, accounts: tuple[ConnectedAccount, ...], token: str) -> ConnectedAccount:
        """Return the account with the token of the seed, which does not expire."""
        if len(accounts) != 1:
            raise ValueError("a token needs a `consent` that connects one account")
        secrets = accounts[0].credential.secrets
        self.platform.simulator.replace_token(self.state, secrets[_TOKEN], token)
        return replace(accounts[0], credential=Credential(secrets={**secrets, _TOKEN: token}))

    async def _register(self) -> App | None:
        servers = self.platform.servers
        if servers is None:
            return None
        app: App = await self._run(servers.register(servers.parse(_ANY_SERVER), _CALLBACK, self.settings))
        return app

    async def _run(self, flow: Flow[Any]) -> Any:
        platform = self.platform.signing_for(self.settings)
        return await drive(flow, Sender(http=self.network, platform=platform, clock=self.clock))
