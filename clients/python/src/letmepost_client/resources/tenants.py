"""Profiles, API keys and organizations."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from letmepost_client.encoding import OMITTED, Omitted, body_of, changes_of, path_of
from letmepost_client.flow import Flow
from letmepost_client.inputs import AnyTime, Late
from letmepost_client.models.base import Page
from letmepost_client.models.service import DeletedObject
from letmepost_client.models.tenants import ApiKey, NewApiKey, Organization, Profile, RevokedApiKey
from letmepost_client.operations import AsyncResource, ListCall, Resource, SyncResource, listing, operation


class ProfileOperations(Resource):
    """Profiles: groups of accounts in an organization."""

    @operation
    def create(self, name: str, *, idempotency_key: str | None = None) -> Flow[Profile]:
        """Create a profile."""
        return self._core.call("POST", "/v1/profiles", Profile, body={"name": name}, idempotency_key=idempotency_key)

    @operation
    def get(self, profile_id: str) -> Flow[Profile]:
        """Return a profile."""
        return self._core.call("GET", path_of("/v1/profiles/{}", profile_id), Profile)

    @operation
    def rename(self, profile_id: str, name: str, *, idempotency_key: str | None = None) -> Flow[Profile]:
        """Rename a profile."""
        path = path_of("/v1/profiles/{}", profile_id)
        return self._core.call("PATCH", path, Profile, body={"name": name}, idempotency_key=idempotency_key)

    @operation
    def delete(self, profile_id: str, *, idempotency_key: str | None = None) -> Flow[DeletedObject]:
        """Delete a profile."""
        path = path_of("/v1/profiles/{}", profile_id)
        return self._core.call("DELETE", path, DeletedObject, idempotency_key=idempotency_key)

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> ListCall[Profile]:
        """List profiles."""
        return self._list("/v1/profiles", Page[Profile], cursor=cursor, limit=limit)


class Profiles(ProfileOperations, SyncResource):
    """Profiles: groups of accounts in an organization."""


class AsyncProfiles(ProfileOperations, AsyncResource):
    """Profiles: groups of accounts in an organization."""


class ApiKeyOperations(Resource):
    """API keys."""

    @operation
    def create(
        self,
        name: str,
        *,
        prefix: Literal["lmp_live_", "lmp_test_"] | None = None,
        scopes: Sequence[str] | None = None,
        profile_id: str | None = None,
        expires_at: AnyTime | None = None,
        requests_per_minute: int | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[NewApiKey]:
        """Create an API key; return it with `key`, which is shown only once.

        Args:
            prefix: the mode: live or test.
            scopes: its rights. By default, all of the key that creates it.
            requests_per_minute: its rate limit.
        """
        body = new_key_body(name, prefix, scopes, profile_id, expires_at, requests_per_minute)
        return self._core.call("POST", "/v1/api-keys", NewApiKey, body=body, idempotency_key=idempotency_key)

    @operation
    def revoke(self, key_id: str, *, idempotency_key: str | None = None) -> Flow[RevokedApiKey]:
        """Revoke an API key, within a second."""
        path = path_of("/v1/api-keys/{}", key_id)
        return self._core.call("DELETE", path, RevokedApiKey, idempotency_key=idempotency_key)

    @operation
    def rotate(
        self, key_id: str, *, overlap_hours: int | None = None, idempotency_key: str | None = None
    ) -> Flow[NewApiKey]:
        """Replace an API key; return the new one.

        Args:
            overlap_hours: how long the old key stays valid. By default 24.
        """
        path = path_of("/v1/api-keys/{}/rotate", key_id)
        body = body_of({"overlap_hours": overlap_hours})
        return self._core.call("POST", path, NewApiKey, body=body, idempotency_key=idempotency_key)

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> ListCall[ApiKey]:
        """List API keys, newest first."""
        return self._list("/v1/api-keys", Page[ApiKey], cursor=cursor, limit=limit)


class ApiKeys(ApiKeyOperations, SyncResource):
    """API keys."""


class AsyncApiKeys(ApiKeyOperations, AsyncResource):
    """API keys."""


class OrganizationOperations(Resource):
    """Organizations. They need the operator token as API key."""

    @operation
    def create(self, name: str, *, idempotency_key: str | None = None) -> Flow[Organization]:
        """Create an organization."""
        return self._core.call(
            "POST", "/v1/organizations", Organization, body={"name": name}, idempotency_key=idempotency_key
        )

    @operation
    def get(self, organization_id: str) -> Flow[Organization]:
        """Return an organization."""
        return self._core.call("GET", path_of("/v1/organizations/{}", organization_id), Organization)

    @operation
    def update(
        self,
        organization_id: str,
        *,
        name: str | Omitted = OMITTED,
        brand: Mapping[str, str | None] | Omitted | None = OMITTED,
        return_origins: Sequence[str] | Omitted | None = OMITTED,
        late: Late | Omitted | None = OMITTED,
        quotas: Mapping[str, int | None] | Omitted | None = OMITTED,
        idempotency_key: str | None = None,
    ) -> Flow[Organization]:
        """Change an organization. What is not passed stays; None removes a value.

        Args:
            brand: the `name`, `logo_url` and `color` of hosted pages.
            return_origins: origins to which browsers may return after connecting an account.
            quotas: `posts_per_month`, `posts_per_account_day` and `media_bytes`.
        """
        changes: dict[str, Any] = {
            "name": name,
            "brand": brand,
            "return_origins": return_origins,
            "late": late,
            "quotas": quotas,
        }
        path = path_of("/v1/organizations/{}", organization_id)
        body = changes_of(changes)
        return self._core.call("PATCH", path, Organization, body=body, idempotency_key=idempotency_key)

    @operation
    def delete(self, organization_id: str, *, idempotency_key: str | None = None) -> Flow[DeletedObject]:
        """Delete an organization and everything in it."""
        path = path_of("/v1/organizations/{}", organization_id)
        return self._core.call("DELETE", path, DeletedObject, idempotency_key=idempotency_key)

    @operation
    def create_api_key(
        self,
        organization_id: str,
        name: str,
        *,
        prefix: Literal["lmp_live_", "lmp_test_"] | None = None,
        scopes: Sequence[str] | None = None,
        profile_id: str | None = None,
        expires_at: AnyTime | None = None,
        requests_per_minute: int | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[NewApiKey]:
        """Create an API key of an organization. See `api_keys.create`."""
        body = new_key_body(name, prefix, scopes, profile_id, expires_at, requests_per_minute)
        path = path_of("/v1/organizations/{}/api-keys", organization_id)
        return self._core.call("POST", path, NewApiKey, body=body, idempotency_key=idempotency_key)

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> ListCall[Organization]:
        """List organizations, newest first."""
        return self._list("/v1/organizations", Page[Organization], cursor=cursor, limit=limit)


class Organizations(OrganizationOperations, SyncResource):
    """Organizations. They need the operator token as API key."""


class AsyncOrganizations(OrganizationOperations, AsyncResource):
    """Organizations. They need the operator token as API key."""


def new_key_body(
    name: str,
    prefix: str | None,
    scopes: Sequence[str] | None,
    profile_id: str | None,
    expires_at: AnyTime | None,
    requests_per_minute: int | None,
) -> dict[str, Any]:
    """Return the JSON of a request for an API key."""
    return body_of(
        {
            "name": name,
            "prefix": prefix,
            "scopes": scopes,
            "profile_id": profile_id,
            "expires_at": expires_at,
            "requests_per_minute": requests_per_minute,
        }
    )
