"""The unit of work: one transaction of one tenant, with the repositories that use cases need."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Any, Protocol
from uuid import UUID

from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.clock import Clock
from letmepost.services.callers import Caller, new_id
from letmepost.storage.accounts.accounts import AccountRepository
from letmepost.storage.accounts.connect_sessions import ConnectSessionRepository
from letmepost.storage.accounts.consents import ConsentRepository
from letmepost.storage.accounts.credentials import CredentialRepository
from letmepost.storage.accounts.maintenance import MaintenanceRepository
from letmepost.storage.accounts.server_apps import ServerAppRepository
from letmepost.storage.database import (
    APPLICATION_ROLE,
    DEPLOYMENT,
    LOOKUP_ROLE,
    Connection,
    Database,
    Tenant,
    TenantReader,
    Transaction,
    set_role,
    set_tenant,
)
from letmepost.storage.idempotency import IdempotencyRepository
from letmepost.storage.media.media import MediaRepository
from letmepost.storage.media.reads import MediaReadRepository
from letmepost.storage.posts.batches import BatchRepository
from letmepost.storage.posts.editing import PostEditor
from letmepost.storage.posts.history import HistoryRepository
from letmepost.storage.posts.posts import PostRepository
from letmepost.storage.posts.read_backs import ReadBackRepository
from letmepost.storage.posts.reads import PostReads
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.publishing.journals import JournalRepository
from letmepost.storage.publishing.runs import RunRepository
from letmepost.storage.sandbox.clock import TestWorld
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.api_keys import ApiKeyRepository
from letmepost.storage.tenants.audit import Action, AuditEntry, AuditRepository
from letmepost.storage.tenants.costs import CostRepository
from letmepost.storage.tenants.organizations import OrganizationDirectory, OrganizationRepository
from letmepost.storage.tenants.pauses import PauseRepository
from letmepost.storage.tenants.profiles import ProfileRepository
from letmepost.storage.tenants.removal import RemovalRepository
from letmepost.storage.tenants.usage import UsageRepository
from letmepost.storage.tenants.version_notices import NoticeRepository
from letmepost.storage.webhooks.deliveries import DeliveryRepository
from letmepost.storage.webhooks.endpoints import EndpointRepository
from letmepost.storage.webhooks.events import EventRepository, NewEvent
from letmepost.storage.webhooks.stream import StreamRepository

OPERATOR = "operator"
"""The actor behind the operator's routes and commands in the audit log."""


class WorkerHints(Protocol):
    """Notifies workers. A lost hint costs a sweep interval."""

    async def wake_worker(self) -> None:
        """Notify a worker that a post may be due."""

    async def events_written(self) -> None:
        """Notify a worker that there are events to announce, but no post to publish yet."""

    async def media_waiting(self, hint_id: UUID) -> None:
        """Notify the workers that there are media items to fetch. One of them acts on a hint id."""


@dataclass(slots=True)
class Followup:
    """Actions after a transaction: notifications and calls after its commit, or work after its rollback."""

    has_events: bool = False
    has_due_posts: bool = False
    has_waiting_media: bool = False
    after_commit: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    after_rollback: list[tuple[Tenant, Callable[["Work"], Awaitable[None]]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AcrossTenants:
    """Repositories for the operator's reads and changes of the whole deployment."""

    organizations: OrganizationDirectory
    pauses: PauseRepository


class Work:
    """One open transaction that reads and writes the rows of one tenant.

    Repositories are created when they are first used. They are valid until the transaction ends.
    """

    def __init__(
        self,
        connection: Connection,
        tenant: Tenant,
        *,
        clock: Clock,
        keyring: Keyring,
        followup: Followup,
        caller: Caller | None = None,
    ) -> None:
        """`caller`: the API key that the work is done for; None for the operator and for jobs."""
        self.connection = connection
        self.tenant = tenant
        self.clock = clock
        self._keyring = keyring
        self._caller = caller
        self._followup = followup

    @property
    def caller(self) -> Caller:
        """The API key that the work is done for.

        Raises:
            LookupError: the operator or a job does the work.
        """
        if self._caller is None:
            raise LookupError("this work has no caller")
        return self._caller

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self.clock.now()

    def new_id(self) -> UUID:
        """Return a new UUIDv7."""
        return new_id(self.clock)

    async def emit(self, *events: NewEvent) -> None:
        """Write events into the outbox, in this order. Workers are notified after the commit."""
        if events:
            self._followup.has_events = True
            await self.outbox.write(events, self.now())

    async def record(self, action: Action, subject: str, **detail: Any) -> None:
        """Append an entry to the audit log. The actor is the caller's API key, or the operator.

        Args:
            subject: the public id of what was changed.
            detail: facts about the change. They must not contain a secret.
        """
        actor = OPERATOR if self._caller is None else format_id(Prefix.API_KEY, self._caller.key_id)
        entry = AuditEntry(id=self.new_id(), actor=actor, action=action, subject=subject, detail=detail)
        await self.audit.write(entry, self.now())

    def wake_workers(self) -> None:
        """Notify the workers after the commit that a post may be due."""
        self._followup.has_due_posts = True

    def fetch_media_soon(self) -> None:
        """Notify the workers after the commit that there are media items to fetch for posts that are not due yet."""
        self._followup.has_waiting_media = True

    def after_commit(self, act: Callable[[], Awaitable[None]]) -> None:
        """Call `act` when the transaction is committed and closed. It may use the network.

        It is not called again when a response is replayed, and not at all if the process crashes before.
        """
        self._followup.after_commit.append(act)

    def after_rollback(self, act: Callable[["Work"], Awaitable[None]]) -> None:
        """Call `act` with its own unit of work if this one is rolled back."""
        self._followup.after_rollback.append((self.tenant, act))

    @asynccontextmanager
    async def acting_for(self, tenant: Tenant) -> AsyncIterator["Work"]:
        """Continue the transaction with the rows of another tenant, for the operator.

        This `Work` must not be used before the block ends.
        """
        await set_tenant(self.connection, tenant)
        yield Work(self.connection, tenant, clock=self.clock, keyring=self._keyring, followup=self._followup)
        await set_tenant(self.connection, self.tenant)

    @asynccontextmanager
    async def across_tenants(self) -> AsyncIterator[AcrossTenants]:
        """Continue the transaction with the rights of `letmepost_lookup`, for the operator.

        The repositories of this `Work` must not be used before the block ends.

        Raises:
            LookupError: the work is not of the deployment.
        """
        if self.tenant != DEPLOYMENT:
            raise LookupError("only the operator's work crosses tenants")
        await set_role(self.connection, LOOKUP_ROLE)
        yield AcrossTenants(OrganizationDirectory(self.connection), PauseRepository(self.connection))
        await set_role(self.connection, APPLICATION_ROLE)

    @cached_property
    def accounts(self) -> AccountRepository:
        return AccountRepository(self.connection, self.tenant)

    @cached_property
    def account_maintenance(self) -> MaintenanceRepository:
        return MaintenanceRepository(self.connection, self.tenant)

    @cached_property
    def api_keys(self) -> ApiKeyRepository:
        return ApiKeyRepository(self.connection, self.tenant, self._keyring)

    @cached_property
    def audit(self) -> AuditRepository:
        return AuditRepository(self.connection, self.tenant)

    @cached_property
    def batches(self) -> BatchRepository:
        return BatchRepository(self.connection, self.tenant)

    @cached_property
    def connect_sessions(self) -> ConnectSessionRepository:
        return ConnectSessionRepository(self.connection, self.tenant)

    @cached_property
    def consents(self) -> ConsentRepository:
        return ConsentRepository(self.connection, self.tenant, self._keyring)

    @cached_property
    def costs(self) -> CostRepository:
        return CostRepository(self.connection, self.tenant)

    @cached_property
    def credentials(self) -> CredentialRepository:
        return CredentialRepository(self.connection, self.tenant, self._keyring)

    @cached_property
    def deliveries(self) -> DeliveryRepository:
        return DeliveryRepository(self.connection, self.tenant)

    @cached_property
    def endpoints(self) -> EndpointRepository:
        return EndpointRepository(self.connection, self.tenant, self._keyring)

    @cached_property
    def history(self) -> HistoryRepository:
        return HistoryRepository(self.connection, self.tenant)

    @cached_property
    def idempotency(self) -> IdempotencyRepository:
        return IdempotencyRepository(self.connection, self.tenant)

    @cached_property
    def media(self) -> MediaRepository:
        return MediaRepository(self.connection, self.tenant)

    @cached_property
    def media_reads(self) -> MediaReadRepository:
        return MediaReadRepository(self.connection, self.tenant)

    @cached_property
    def organization(self) -> OrganizationRepository:
        return OrganizationRepository(self.connection, self.tenant)

    @cached_property
    def outbox(self) -> EventRepository:
        return EventRepository(self.connection, self.tenant)

    @cached_property
    def post_editor(self) -> PostEditor:
        return PostEditor(self.connection, self.tenant)

    @cached_property
    def posts(self) -> PostRepository:
        return PostRepository(self.connection, self.tenant)

    @cached_property
    def profiles(self) -> ProfileRepository:
        return ProfileRepository(self.connection, self.tenant)

    @cached_property
    def read_backs(self) -> ReadBackRepository:
        return ReadBackRepository(self.connection, self.tenant)

    @cached_property
    def removal(self) -> RemovalRepository:
        return RemovalRepository(self.connection, self.tenant)

    @cached_property
    def server_apps(self) -> ServerAppRepository:
        return ServerAppRepository(self.connection, self.tenant, self._keyring)

    @cached_property
    def stream(self) -> StreamRepository:
        return StreamRepository(self.connection, self.tenant)

    @cached_property
    def test_world(self) -> TestWorld:
        return TestWorld(self.connection, self.tenant)

    @cached_property
    def usage(self) -> UsageRepository:
        return UsageRepository(self.connection, self.tenant)

    @cached_property
    def version_notices(self) -> NoticeRepository:
        return NoticeRepository(self.connection, self.tenant)

    def run(self, claim: Claim) -> RunRepository:
        """Return the repository of a post that this worker has leased."""
        return RunRepository(self.connection, claim, self._keyring)

    def journal(self, claim: Claim, revision: int) -> JournalRepository:
        """Return the journal of one revision of a post that this worker has leased."""
        return JournalRepository(self.connection, claim, revision, self._keyring)


class Reads:
    """Reads the rows of a caller's tenant. Each read is one round trip in its own transaction.

    Only the most frequent reads are here. Everything else is read in a unit of work.
    """

    def __init__(self, reader: TenantReader, caller: Caller, units: "UnitsOfWork") -> None:
        self.posts = PostReads(reader)
        self.caller = caller
        self._units = units

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self._units.clock.now()

    def begin_work(self) -> "OpenWork":
        """Open a unit of work of the same caller, for reads that take several round trips."""
        return self._units.begin(self.caller)


class UnitsOfWork:
    """Begins units of work. Notifies the workers after those that emitted events or made posts due."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, hints: WorkerHints) -> None:
        self._database = database
        self._keyring = keyring
        self.clock = clock
        self._hints = hints

    def begin(self, owner: Caller | Tenant) -> "OpenWork":
        """Open a transaction: `async with units.begin(caller) as work:`.

        It is committed at the end of the block and rolled back on any exception.
        """
        caller, tenant = (owner, owner.tenant) if isinstance(owner, Caller) else (None, owner)
        followup, transaction = Followup(), self._database.tenant(tenant)

        def make(connection: Connection) -> Work:
            return Work(connection, tenant, clock=self.clock, keyring=self._keyring, followup=followup, caller=caller)

        return OpenWork(self, transaction, make, followup)

    def read(self, caller: Caller) -> Reads:
        """Return the reads of a caller that need no unit of work."""
        return Reads(self._database.reader(caller.tenant), caller, self)

    async def committed(self, followup: Followup) -> None:
        """Notify the workers, and run the calls that a unit of work requested after its commit."""
        if followup.has_due_posts:
            await self._hints.wake_worker()
        elif followup.has_events:
            await self._hints.events_written()
        if followup.has_waiting_media:
            await self._hints.media_waiting(new_id(self.clock))
        for act in followup.after_commit:
            await act()

    async def rolled_back(self, followup: Followup) -> None:
        """Run the work that a unit of work requested in case of its rollback."""
        for tenant, act in followup.after_rollback:
            async with self.begin(tenant) as work:
                await act(work)


class OpenWork:
    """The context manager of one unit of work."""

    def __init__(
        self,
        units: UnitsOfWork,
        transaction: Transaction,
        make: Callable[[Connection], Work],
        followup: Followup,
    ) -> None:
        self._units = units
        self._transaction = transaction
        self._make = make
        self._followup = followup

    async def __aenter__(self) -> Work:
        return self._make(await self._transaction.__aenter__())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transaction.__aexit__(kind, error, trace)
        await (self._units.committed if error is None else self._units.rolled_back)(self._followup)
