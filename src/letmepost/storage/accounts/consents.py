"""Consents in progress. Each is started once, and is valid for one return of one browser."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, select, update

from letmepost.domain.api_keys import Mode
from letmepost.platforms.connecting import App, ConnectedAccount, Credential
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.sealing import Keyring, Place
from letmepost.storage.tables.connecting import connect_states


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow:
    """A consent in progress, and what it is bound to.

    Args:
        key_id: the API key that started it.
        session_id, browser_hash: those of the hosted page on which it started.
        stage: `started`, `choosing` one of the accounts that it opened, or `over`.
    """

    id: UUID
    profile_id: UUID | None
    platform: str
    key_id: UUID
    session_id: UUID | None
    browser_hash: bytes | None
    redirect_uri: str
    return_url: str | None
    stage: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSecrets:
    """The secrets of a consent. `app`: the app at the server that the person chose; None on platforms of one server."""

    code_verifier: str = field(repr=False)
    app: App | None = None


_COLUMNS = [connect_states.c[name] for name in ConsentRow.__dataclass_fields__]


class ConsentRepository:
    """The consents of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: Connection, tenant: Tenant, keyring: Keyring) -> None:
        self._connection = connection
        self._tenant = tenant
        self._keyring = keyring

    async def create(self, row: ConsentRow, state_hash: bytes, secrets: ConsentSecrets) -> None:
        """Store a new consent."""
        values = {name: getattr(row, name) for name in ConsentRow.__dataclass_fields__}
        tenant = {"organization_id": self._tenant.organization_id, "mode": self._tenant.mode}
        sealed = self._seal(row.id, _dump_secrets(secrets))
        await self._connection.execute(
            insert(connect_states).values(**values, **tenant, state_hash=state_hash, sealed=sealed)
        )

    async def find(self, state_hashes: Sequence[bytes]) -> ConsentRow | None:
        """Return the consent with this state, locked. A concurrent request waits, and finds it used."""
        return await self._first(connect_states.c.state_hash.in_(state_hashes))

    async def find_choice(self, session_id: UUID, now: datetime) -> ConsentRow | None:
        """Return the consent of a hosted session that waits for a choice, locked."""
        return await self._first(
            connect_states.c.session_id == session_id,
            connect_states.c.stage == "choosing",
            connect_states.c.expires_at > now,
        )

    async def use(self, consent_id: UUID) -> ConsentSecrets:
        """End a consent and return its secrets. The caller holds the lock of a consent that has only started."""
        secrets = _load_secrets(await self._open(consent_id))
        await self.end(consent_id)
        return secrets

    async def offer(self, consent_id: UUID, accounts: Sequence[ConnectedAccount], expires_at: datetime) -> None:
        """Store the accounts that the consent opened, until one is chosen."""
        sealed = self._seal(consent_id, [_dump(account) for account in accounts])
        await self._change(consent_id, {"stage": "choosing", "sealed": sealed, "expires_at": expires_at})

    async def offered(self, consent_id: UUID) -> list[ConnectedAccount]:
        """Return the accounts that the consent opened."""
        return [_load(value) for value in await self._open(consent_id)]

    async def end(self, consent_id: UUID) -> None:
        """End a consent and delete its secrets."""
        await self._change(consent_id, {"stage": "over", "sealed": None})

    async def _open(self, consent_id: UUID) -> Any:
        sealed = await self._connection.scalar(select(connect_states.c.sealed).where(self._mine(consent_id)))
        return json.loads(self._keyring.open(sealed or b"", self._place(consent_id)))

    def _seal(self, consent_id: UUID, value: object) -> bytes:
        return self._keyring.seal(json.dumps(value).encode(), self._place(consent_id))

    def _place(self, consent_id: UUID) -> Place:
        return Place(self._tenant.organization_id, "connect_states", "sealed", str(consent_id))

    async def _change(self, consent_id: UUID, values: Mapping[str, Any]) -> None:
        await self._connection.execute(update(connect_states).where(self._mine(consent_id)).values(**values))

    async def _first(self, *conditions: ColumnElement[bool]) -> ConsentRow | None:
        query = select(*_COLUMNS).where(self._is_ours(), *conditions).with_for_update()
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else ConsentRow(**row)

    def _mine(self, consent_id: UUID) -> ColumnElement[bool]:
        return and_(self._is_ours(), connect_states.c.id == consent_id)

    def _is_ours(self) -> ColumnElement[bool]:
        return and_(
            connect_states.c.organization_id == self._tenant.organization_id,
            connect_states.c.mode == self._tenant.mode,
        )


class EveryTenantConsents:
    """Finds the tenant of a consent, and nothing else of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_tenant(self, state_hashes: Sequence[bytes]) -> Tenant | None:
        """Return the tenant of a consent."""
        query = select(connect_states.c.organization_id, connect_states.c.mode).where(
            connect_states.c.state_hash.in_(state_hashes)
        )
        async with self._database.lookup() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else Tenant(row.organization_id, Mode(row.mode))


def _dump_secrets(secrets: ConsentSecrets) -> str | dict[str, Any]:
    """Return the secrets as JSON: without an app, the code verifier alone, because version 0.1.0 reads only that."""
    return secrets.code_verifier if secrets.app is None else asdict(secrets)


def _load_secrets(value: Any) -> ConsentSecrets:
    if isinstance(value, str):
        return ConsentSecrets(code_verifier=value)
    return ConsentSecrets(code_verifier=value["code_verifier"], app=App(**value["app"]))


def _dump(account: ConnectedAccount) -> dict[str, Any]:
    credential = account.credential
    return {
        "platform_account_id": account.platform_account_id,
        "handle": account.handle,
        "display_name": account.display_name,
        "avatar_url": account.avatar_url,
        "granted_by": account.granted_by,
        "data": dict(account.data),
        "preferences": dict(account.preferences),
        "scopes": list(account.scopes),
        "token_expires_at": _format_time(account.token_expires_at),
        "credential": {"secrets": dict(credential.secrets), "expires_at": _format_time(credential.expires_at)},
    }


def _load(value: Mapping[str, Any]) -> ConnectedAccount:
    credential = value["credential"]
    return ConnectedAccount(
        **{
            **value,
            "scopes": tuple(value["scopes"]),
            "token_expires_at": _parse_time(value["token_expires_at"]),
            "credential": Credential(secrets=credential["secrets"], expires_at=_parse_time(credential["expires_at"])),
        }
    )


def _format_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _parse_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
