"""Creates an account of a seed in a simulated network, connects it, and publishes its posts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import AnyHttpUrl, SecretStr, ValidationError
from pydantic.alias_generators import to_camel

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import PostContent
from letmepost.domain.errors import EmulatorError, PlatformFailure
from letmepost.domain.flow import Flow, Frozen
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.rules import violations
from letmepost.gateways.drive import drive
from letmepost.gateways.sender import Sender
from letmepost.platforms.connecting import App, ConnectedAccount, ConsentRequest, Credential, Grant, PlatformSettings
from letmepost.platforms.contract import Platform, ReadyPost
from letmepost.platforms.simulation import State
from letmepost.sandbox.seeding.local_network import ENTROPY_BYTES, LocalNetwork, SeedClock
from letmepost.sandbox.seeding.media import open_media, picture, video
from letmepost.sandbox.seeding.publishing import SeedPublication
from letmepost.sandbox.seeding.seed import SeedAccount, SeedPost

_POSTED_BEFORE = timedelta(minutes=10)
"""How long before the start of the clock an account with posts was created: networks process videos for minutes."""
_CALLBACK = "https://app.example/callback"
_ANY_SERVER = "social.example"
_MEDIA_URL = "https://media.example/{name}"
_TOKEN = "access_token"  # noqa: S105 - the name of a field


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedAccount:
    """An account that was created.

    Args:
        account_id: the `account_id` of its posts.
        token: the access token, or on a network without OAuth the password.
        credentials: everything that a client can sign in with: tokens, and what a person would type.
        expires_at: when the access token expires; None if it does not.
    """

    account_id: str
    handle: str | None
    name: str | None
    scenario: str
    token: str
    credentials: Mapping[str, str]
    expires_at: datetime | None

    def describe(self) -> dict[str, Any]:
        """Return the account as JSON."""
        return {
            "id": self.account_id,
            "handle": self.handle,
            "name": self.name,
            "scenario": self.scenario,
            "token": self.token,
            "credentials": dict(self.credentials),
            "expiresAt": None if self.expires_at is None else self.expires_at.isoformat(),
        }


@dataclass(kw_only=True)
class Planting:
    """The creation of one account.

    Args:
        state: of the simulator.
        clock: its randomness must be different for each account of the network.
    """

    platform: Platform
    wanted: SeedAccount
    state: State
    settings: PlatformSettings
    network: LocalNetwork
    clock: SeedClock

    @classmethod
    def prepare(
        cls, platform: Platform, wanted: SeedAccount, state: State, *, root: str, start: datetime, number: int
    ) -> "Planting":
        """Return the creation of an account.

        Args:
            root: the URL of the simulator.
            start: when the clock of the world starts.
            number: of the account among those of the network.
        """
        clock = SeedClock(start - _POSTED_BEFORE if wanted.posts else start, f"{platform.name} {number}")
        return cls(
            platform=platform,
            wanted=wanted,
            state=state,
            settings=platform.simulator.settings(AnyHttpUrl(root)),
            network=LocalNetwork(platform.simulator, state, root, clock),
            clock=clock,
        )

    async def run(self) -> list[PlantedAccount]:
        """Create the account, and return it: several, if a person consents for several pages.

        Raises:
            EmulatorError: the network does not accept it.
        """
        try:
            connected, typed = await self._connect()
            if self.wanted.token is not None and self.platform.oauth is not None:
                connected = [self._with_token(connected)]
            for number, post in enumerate(self.wanted.posts):
                await self._publish(number, post, connected[0])
        except ValueError as problem:
            raise EmulatorError(f"{self.platform.title}: {problem}") from None
        except PlatformFailure as failure:
            raise EmulatorError(f"{self.platform.title} refused the account: {failure.message}") from None
        return [self._planted(account, typed) for account in connected]

    async def _connect(self) -> tuple[list[ConnectedAccount], Mapping[str, str]]:
        """Return the connected accounts, and what a person types to connect them, on a network without OAuth."""
        known = {profile.account_id for profile in self.platform.simulator.profiles(self.state)}
        app = await self._register()
        given = self._consent(app) if self.wanted.consent is not None else self._create()
        given = {**given, **self._rename(known, given)}
        if self.platform.oauth is None:
            given = self._with_password(given)
            return [await self._run(self._sign_in(given))], given
        grant = Grant(code=given["code"], redirect_uri=_CALLBACK, code_verifier="", app=app)
        return list(await self._run(self.platform.oauth.accounts(grant, self.settings))), {}

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
        """Rename the new account. Return the fields of `given` that contain its old handle."""
        handle, name = self.wanted.handle, self.wanted.name
        if handle is None and name is None:
            return {}
        simulator = self.platform.simulator
        new = [profile for profile in simulator.profiles(self.state) if profile.account_id not in known]
        if len(new) != 1:
            raise ValueError("a handle or a name needs a `consent` that creates one account")
        simulator.rename(self.state, new[0].account_id, handle, name)
        return {} if handle is None else {field: handle for field, text in given.items() if text == new[0].handle}

    def _with_password(self, given: Mapping[str, str]) -> Mapping[str, str]:
        if self.wanted.token is None:
            return given
        secret = self._password_field()
        self.platform.simulator.replace_token(self.state, given[secret], self.wanted.token)
        return {**given, secret: self.wanted.token}

    def _password_field(self) -> str:
        """Return the name of the secret that a person types to connect an account."""
        fields = {} if self.platform.connect_input is None else self.platform.connect_input.model_fields
        return next(field.alias or name for name, field in fields.items() if field.annotation is SecretStr)

    def _with_token(self, connected: Sequence[ConnectedAccount]) -> ConnectedAccount:
        wanted = str(self.wanted.token)
        if len(connected) != 1:
            raise ValueError("a token needs a `consent` that connects one account")
        account = connected[0]
        self.platform.simulator.replace_token(self.state, account.credential.secrets[_TOKEN], wanted)
        return replace(account, credential=Credential(secrets={**account.credential.secrets, _TOKEN: wanted}))

    async def _register(self) -> App | None:
        servers = self.platform.servers
        if servers is None:
            return None
        registered: App = await self._run(servers.register(servers.parse(_ANY_SERVER), _CALLBACK, self.settings))
        return registered

    def _sign_in(self, given: Mapping[str, str]) -> Flow[ConnectedAccount]:
        if self.platform.connect is None or self.platform.connect_input is None:
            raise ValueError("it connects accounts by consent only")
        return self.platform.connect(self.platform.connect_input.model_validate(given), self.settings)

    async def _run(self, flow: "Flow[Any]") -> Any:
        return await drive(flow, self._sender(None))

    def _sender(self, account: ConnectedAccount | None) -> Sender:
        return Sender(
            http=self.network,
            platform=self.platform.signing_for(self.settings),
            clock=self.clock,
            credentials=None if account is None else _Fixed(account.credential),
            open_media=open_media,
        )

    async def _publish(self, number: int, post: SeedPost, account: ConnectedAccount) -> None:
        try:
            ready = self._ready(post, account)
            publication = SeedPublication(sender=self._sender(account), clock=self.clock)
            await publication.run(lambda: self.platform.publish(ready, self.settings))
        except PlatformFailure as failure:
            raise ValueError(f"posts[{number}]: {failure.message}") from None

    def _ready(self, post: SeedPost, account: ConnectedAccount) -> ReadyPost:
        """Return the post as its flow receives it.

        Raises:
            ValueError: it breaks a rule of the network.
        """
        now = self.clock.now()
        content = PostContent(text=post.text, media=tuple(_media(post)), options=post.options)
        facts = AccountFacts(
            platform_account_id=account.platform_account_id,
            handle=account.handle,
            data=account.data,
            confirmed_at=now,
            preferences=account.preferences,
        )
        try:
            target = self.platform.target(content, facts, now)
        except ValidationError as invalid:
            first = invalid.errors(include_url=False, include_input=False)[0]
            raise ValueError(f"options.{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        broken = violations(target, self.platform.configured(self.settings).rules)
        if broken:
            raise ValueError(f"{broken[0].field}: {broken[0].message} {broken[0].remediation}")
        urls = {
            format_id(Prefix.MEDIA, item.media_id): _MEDIA_URL.format(name=item.media_id.int) for item in content.media
        }
        frozen = Frozen(at=now, entropy=self.clock.entropy(ENTROPY_BYTES))
        return ReadyPost(account=facts, content=content, frozen=frozen, media_urls=urls)

    def _planted(self, account: ConnectedAccount, typed: Mapping[str, str]) -> PlantedAccount:
        secrets = {to_camel(name): text for name, text in account.credential.secrets.items()}
        return PlantedAccount(
            account_id=account.platform_account_id,
            handle=account.handle,
            name=account.display_name,
            scenario=self.wanted.scenario,
            token=typed[self._password_field()] if typed else account.credential.secrets[_TOKEN],
            credentials={**typed, **secrets},
            expires_at=account.credential.expires_at,
        )


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A credential that is not refreshed."""

    credential: Credential

    async def current(self) -> Credential:
        return self.credential

    async def refresh(self, _dead: Credential) -> None:
        """Return None: the reply stays as it is."""


def _media(post: SeedPost) -> Iterator[Any]:
    if post.image is not None:
        yield picture(post.image)
    if post.video:
        yield video()
