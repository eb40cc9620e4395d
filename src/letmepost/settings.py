"""The deployment's settings: one frozen model, read once, from the environment."""

import base64
import binascii
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from letmepost.domain.processes import Process
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.contract import Platform
from letmepost.services.accounts.browser_urls import origin_of

KEY_BYTES = 32
SERVE_WORKERS_MAX = 64
_POSTGRESQL_SCHEMES = ("postgresql", "postgres")
_REDIS_SCHEMES = ("redis", "rediss", "unix")


class Settings(BaseSettings):
    """The settings of a process. Secrets have no defaults."""

    model_config = SettingsConfigDict(env_prefix="LETMEPOST_", frozen=True, extra="ignore")

    database_url: SecretStr = Field(
        validation_alias="DATABASE_URL",
        description="The URL of a PostgreSQL 18 database, with the login role of the API. `letmepost migrate` creates "
        "the role.",
    )
    worker_database_url: SecretStr | None = Field(
        default=None,
        description="The URL of the same database, with the login role of the worker. For `worker` and `migrate`, not "
        "for the API.",
    )
    redis_url: SecretStr = Field(
        validation_alias="REDIS_URL", description="The URL of Redis 7 or Valkey 8, or a later version."
    )
    migration_database_url: SecretStr | None = Field(
        default=None,
        description="The URL of the same database, with a role that may create roles. Only for `letmepost migrate`.",
    )
    keys: Annotated[Mapping[str, SecretStr], NoDecode] = Field(
        description="The keys that encrypt stored secrets, comma-separated, each as id:base64 of 32 bytes. The first "
        "encrypts, and all decrypt."
    )
    operator_token: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="The token for the operator's routes, such as /v1/organizations. Unset, they answer 404.",
    )
    public_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://127.0.0.1:8080"),
        description="The URL at which callers reach this deployment, and platforms its media.",
    )
    return_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins to which browsers may return after connecting an account, comma-separated.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins with pages that may upload media and follow events (CORS), comma-separated; not `*`.",
    )
    media_dir: Path = Field(default=Path("media"), description="The folder for media, unless a bucket is set.")
    media_days: int = Field(default=30, gt=0, description="Days for which media that no post uses are kept.")
    media_processes: int | None = Field(
        default=None,
        gt=0,
        description="Child processes of an API, and of a worker, that parse media files, with up to 1 GiB of memory "
        "each. They are divided among the processes of an API, at least one for each. Unset: one for each core, at "
        "most 4.",
    )
    s3_bucket: str | None = Field(default=None, description="The bucket of an S3-compatible store for media.")
    s3_endpoint: AnyHttpUrl | None = Field(
        default=None,
        description="The URL of that store, for this deployment and for callers who upload to it. Unset: Amazon S3.",
    )
    s3_region: str | None = Field(default=None, description="Region of the bucket.")
    s3_access_key_id: str | None = Field(
        default=None, description="The id of its access key. Unset: the credentials of the machine's role."
    )
    s3_secret_access_key: SecretStr | None = Field(default=None, description="The secret of that access key.")
    sandbox_url: AnyHttpUrl | None = Field(
        default=None, description="The URL of the sandbox process. Unset, test keys cannot publish."
    )
    sandbox_public_url: AnyHttpUrl | None = Field(
        default=None,
        description="The URL of the sandbox for browsers, which open its consent pages and the pages of test posts. "
        "Unset: LETMEPOST_SANDBOX_URL.",
    )
    sandbox_token: SecretStr | None = Field(default=None, description="The token of the sandbox's control API.")
    sandbox_link_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="The secret that signs links to the pages of test posts: the same for the worker and the sandbox. "
        "Unset, the links are not signed, and only a sandbox with --open-pages shows its pages.",
    )
    sandbox_api_url: AnyHttpUrl | None = Field(
        default=None,
        description="The URL at which the sandbox reaches the API. Unset, its pages show the time, and cannot move it.",
    )
    allow_private_addresses: bool = Field(
        default=False,
        description="Allow private addresses for webhooks, media URLs and platforms. For development only.",
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(),
        description="Addresses or networks of the proxies in front of the API, comma-separated. The client address is "
        "read from X-Forwarded-For only in their requests.",
    )
    requests_per_minute: int = Field(
        default=120, gt=0, description="The rate limit of a key, unless the key has its own."
    )
    event_streams_per_key: int = Field(default=10, gt=0, description="Open event streams of a key.")
    webhook_endpoints_max: int = Field(
        default=50, gt=0, description="Webhook endpoints of an organization, in both modes together."
    )
    api_keys_max: int = Field(
        default=1000,
        gt=0,
        description="Active API keys of an organization. Operators may create more.",
    )
    connections_max: int = Field(
        default=1000, gt=0, description="Open connections of each API process. One more is answered with 429."
    )
    sandbox_accounts_max: int = Field(default=500, gt=0, description="Connected simulated accounts of an organization.")
    serve_workers: int | None = Field(
        default=None,
        ge=1,
        le=SERVE_WORKERS_MAX,
        description="Processes of `letmepost serve`. Unset: one for each core that it may use, at most 8.",
    )
    worker_slots: int = Field(default=64, gt=0, description="Posts that one worker publishes concurrently.")
    worker_name: str | None = Field(
        default=None,
        min_length=1,
        description="The name of a worker, for `arq --check`. Unset: the name of the host. Set it if a host runs "
        "several workers.",
    )
    delivery_slots: int = Field(default=32, gt=0, description="Webhooks that one worker sends concurrently.")
    lease_s: float = Field(
        default=60.0, ge=2, description="Seconds after which another worker takes over the posts of a lost worker."
    )
    shutdown_grace_s: float = Field(
        default=25.0, ge=0, description="Seconds for which a stopping worker finishes its posts."
    )
    journals_kept_days: int = Field(
        default=7, ge=1, description="Days for which the journal of a post is kept after its outcome."
    )
    idempotency_kept_hours: int = Field(
        default=24, ge=24, description="Hours for which the response to an Idempotency-Key is kept."
    )
    events_kept_days: int = Field(default=30, ge=1, description="Days for which events and their deliveries are kept.")
    audit_kept_days: int = Field(
        default=730, ge=1, description="Days for which the audit log of keys, accounts and tenants is kept."
    )
    attempts_kept_days: int = Field(default=180, ge=1, description="Days for which the attempts of posts are kept.")
    alive_file: Path | None = Field(
        default=None, description="A file that a worker touches every 5 s, for health checks."
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="The port on which the API or the worker answers GET /metrics for Prometheus. Unset: none.",
    )
    database_pool: int = Field(
        default=10, gt=0, description="Database connections of one process. `serve` runs several processes."
    )

    @field_validator("database_url", "worker_database_url", "migration_database_url", "redis_url")
    @classmethod
    def _check_url(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Reject a URL that no driver can read. The message must not contain the value, which holds a password."""
        if value is None:
            return None
        schemes = _REDIS_SCHEMES if info.field_name == "redis_url" else _POSTGRESQL_SCHEMES
        scheme, separator, _ = value.get_secret_value().partition("://")
        try:
            has_port = urlsplit(value.get_secret_value()).port != 0  # raises for an invalid port
        except ValueError:
            has_port = False
        if not (separator and scheme.partition("+")[0] in schemes and has_port):
            message = f"must be a URL such as {schemes[0]}://user:password@host:port/name; write @ in a password as %40"
            raise ValueError(message)
        return value

    @field_validator("return_origins", "cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _parse_list(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("return_origins", "cors_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(origin_of(origin) for origin in value)

    @field_validator("keys", mode="before")
    @classmethod
    def _parse_keys(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = (part.strip().partition(":") for part in value.split(",") if part.strip())
        return {name: secret for name, _, secret in pairs}

    @field_validator("keys")
    @classmethod
    def _check_keys(cls, value: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
        if not value:
            message = "is empty; make a key with: letmepost new-key"
            raise ValueError(message)
        for name, secret in value.items():
            _key_bytes(name, secret)
        return value

    def database_url_of(self, process: Process) -> SecretStr | None:
        """Return the database URL of a process; None if the environment does not contain it."""
        return self.database_url if process is Process.API else self.worker_database_url

    def open_keys(self) -> dict[str, bytes]:
        """Return the keys of the keyring by id. The first seals."""
        return {name: _key_bytes(name, secret) for name, secret in self.keys.items()}


def _key_bytes(name: str, secret: SecretStr) -> bytes:
    try:
        key = base64.b64decode(secret.get_secret_value(), validate=True)
    except binascii.Error as error:
        message = f"key {name!r} is not base64"
        raise ValueError(message) from error
    if len(key) != KEY_BYTES or len(set(key)) < KEY_BYTES // 4:
        message = f"key {name!r} is not {KEY_BYTES} random bytes in base64"
        raise ValueError(message)
    return key


def platform_settings(environment: Mapping[str, str], platforms: Mapping[str, Platform]) -> dict[str, PlatformSettings]:
    """Return the settings of each platform, from LETMEPOST_<PLATFORM>_<FIELD>."""
    found = {}
    for name, platform in platforms.items():
        prefix = f"LETMEPOST_{name.upper()}_"
        given = {
            field: environment[prefix + field.upper()]
            for field in platform.settings.model_fields
            if prefix + field.upper() in environment
        }
        found[name] = platform.settings.model_validate(given)
    return found
