"""Apps that were registered at servers that people chose, until they are registered again."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, and_, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from letmepost.platforms.connecting import App
from letmepost.storage.database import Connection, Tenant
from letmepost.storage.sealing import CannotOpenError, Keyring, Place
from letmepost.storage.tables.connecting import server_apps


@dataclass(frozen=True, slots=True, kw_only=True)
class AppKey:
    """What an app is registered for."""

    platform: str
    server: str
    redirect_uri: str


class ServerAppRepository:
    """The apps of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: Connection, tenant: Tenant, keyring: Keyring) -> None:
        self._connection = connection
        self._tenant = tenant
        self._keyring = keyring

    async def find(self, key: AppKey, registered_after: datetime) -> App | None:
        """Return an app that was registered later than this time.

        An app that was sealed by a key that is no longer in the keyring counts as missing.
        """
        query = select(server_apps.c.sealed).where(self._is(key), server_apps.c.created_at > registered_after)
        sealed = await self._connection.scalar(query)
        return None if sealed is None else self._open(key, sealed)

    async def keep(self, key: AppKey, app: App, now: datetime) -> None:
        """Store an app, instead of an earlier one for the same key."""
        value = {"client_id": app.client_id, "client_secret": app.client_secret}
        sealed = self._keyring.seal(json.dumps(value).encode(), self._place(key))
        statement = insert(server_apps).values(
            organization_id=self._tenant.organization_id,
            mode=self._tenant.mode,
            platform=key.platform,
            server=key.server,
            redirect_uri=key.redirect_uri,
            sealed=sealed,
            created_at=now,
        )
        newer = {"sealed": sealed, "created_at": now}
        await self._connection.execute(statement.on_conflict_do_update(constraint=server_apps.primary_key, set_=newer))

    async def forget(self, key: AppKey, client_id: str) -> None:
        """Delete an app, unless another one has replaced it."""
        query = select(server_apps.c.sealed).where(self._is(key)).with_for_update()
        sealed = await self._connection.scalar(query)
        stored = None if sealed is None else self._open(key, sealed)
        if stored is not None and stored.client_id == client_id:
            await self._connection.execute(delete(server_apps).where(self._is(key)))

    async def forget_all(self) -> None:
        """Delete all apps."""
        await self._connection.execute(delete(server_apps).where(self._is_own()))

    async def delete_older(self, registered_before: datetime) -> None:
        """Delete old apps, except those that another transaction replaces at this moment."""
        columns = (server_apps.c.platform, server_apps.c.server, server_apps.c.redirect_uri)
        old = select(*columns).where(self._is_own(), server_apps.c.created_at <= registered_before)
        free = old.with_for_update(skip_locked=True)
        await self._connection.execute(delete(server_apps).where(self._is_own(), tuple_(*columns).in_(free)))

    async def count(self) -> int:
        """Return the number of apps."""
        return await self._connection.scalar(select(func.count()).where(self._is_own())) or 0

    def _open(self, key: AppKey, sealed: bytes) -> App | None:
        try:
            value = json.loads(self._keyring.open(sealed, self._place(key)))
        except CannotOpenError:
            return None
        return App(server=key.server, **value)

    def _place(self, key: AppKey) -> Place:
        url_hash = sha256(key.redirect_uri.encode()).hexdigest()
        row = f"{self._tenant.mode}/{key.platform}/{key.server}/{url_hash}"
        return Place(self._tenant.organization_id, "server_apps", "sealed", row)

    def _is(self, key: AppKey) -> ColumnElement[bool]:
        return and_(
            self._is_own(),
            server_apps.c.platform == key.platform,
            server_apps.c.server == key.server,
            server_apps.c.redirect_uri == key.redirect_uri,
        )

    def _is_own(self) -> ColumnElement[bool]:
        return and_(
            server_apps.c.organization_id == self._tenant.organization_id,
            server_apps.c.mode == self._tenant.mode,
        )
