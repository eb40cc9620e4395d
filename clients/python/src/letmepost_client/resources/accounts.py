"""Connected accounts, and how people connect them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from letmepost_client.encoding import body_of, path_of
from letmepost_client.flow import Flow
from letmepost_client.models.accounts import (
    Account,
    ConnectDescriptor,
    ConnectedAccount,
    ConnectSession,
    LinkedInAuthor,
    NewConnectSession,
    PinterestBoards,
    PinterestDefaultBoard,
    PinterestNewBoard,
)
from letmepost_client.models.base import DataList, Page
from letmepost_client.models.service import DeletedObject
from letmepost_client.operations import AsyncResource, ListCall, Resource, SyncResource, listing, operation

Values: TypeAlias = str | Sequence[str] | None
Authors: TypeAlias = list[LinkedInAuthor]


class AccountOperations(Resource):
    """Connected accounts."""

    @operation
    def get(self, account_id: str) -> Flow[Account]:
        """Return an account."""
        return self._core.call("GET", path_of("/v1/accounts/{}", account_id), Account)

    @operation
    def update(
        self,
        account_id: str,
        *,
        display_name: str | None = None,
        profile_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[Account]:
        """Rename an account, or move it to another profile."""
        body = body_of({"display_name": display_name, "profile_id": profile_id})
        path = path_of("/v1/accounts/{}", account_id)
        return self._core.call("PATCH", path, Account, body=body, idempotency_key=idempotency_key)

    @operation
    def disconnect(
        self, account_id: str, *, cancel_queued: bool | None = None, idempotency_key: str | None = None
    ) -> Flow[DeletedObject]:
        """Disconnect an account. Its posts stay; those that are queued are held.

        Args:
            cancel_queued: True cancels queued posts instead.
        """
        return self._core.call(
            "DELETE",
            path_of("/v1/accounts/{}", account_id),
            DeletedObject,
            query={"cancel_queued": cancel_queued},
            idempotency_key=idempotency_key,
        )

    @operation
    def check(self, account_id: str, *, idempotency_key: str | None = None) -> Flow[Account]:
        """Ask the platform now whether the account's credential works; return the account with its health."""
        path = path_of("/v1/accounts/{}/check", account_id)
        return self._core.call("POST", path, Account, idempotency_key=idempotency_key)

    @operation
    def connect(
        self,
        platform: str,
        *,
        profile_id: str | None = None,
        server: str | None = None,
        redirect_uri: str | None = None,
        return_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[ConnectDescriptor]:
        """Return how to connect an account: a URL of the platform's consent page, or a JSON Schema of credentials.

        Args:
            server: the server that the account is on, on platforms with many servers.
            redirect_uri: your page to which the platform sends the browser. Call `complete` from it.
            return_url: where this server sends the browser at the end.
        """
        body = body_of(
            {"profile_id": profile_id, "server": server, "redirect_uri": redirect_uri, "return_url": return_url}
        )
        path = path_of("/v1/accounts/connect/{}", platform)
        return self._core.call("POST", path, ConnectDescriptor, body=body, idempotency_key=idempotency_key)

    @operation
    def complete(
        self, platform: str, fields: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> Flow[ConnectedAccount]:
        """Connect an account; return it.

        Args:
            fields: `state` and `code` of a consent, or the credentials that `connect` describes.
        """
        path = path_of("/v1/accounts/connect/{}/complete", platform)
        body = body_of(fields)
        return self._core.call("POST", path, ConnectedAccount, body=body, idempotency_key=idempotency_key)

    @operation
    def authors(self, account_id: str) -> Flow[Authors]:
        """Return the members and pages as which a LinkedIn account can publish."""
        path = path_of("/v1/accounts/{}/authors", account_id)
        result = yield from self._core.call("GET", path, DataList[LinkedInAuthor])
        return result.data

    @operation
    def boards(self, account_id: str) -> Flow[PinterestBoards]:
        """Return the boards of a Pinterest account."""
        return self._core.call("GET", path_of("/v1/accounts/{}/pinterest/boards", account_id), PinterestBoards)

    @operation
    def create_board(
        self,
        account_id: str,
        name: str,
        *,
        description: str | None = None,
        privacy: Literal["PUBLIC", "PROTECTED", "SECRET"] | None = None,
        set_as_default: bool | None = None,
        upsert: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[PinterestNewBoard]:
        """Create a board of a Pinterest account.

        Args:
            set_as_default: True makes it the account's default board.
            upsert: True returns the board that has the name already, if there is one.
        """
        fields = {
            "name": name,
            "description": description,
            "privacy": privacy,
            "set_as_default": set_as_default,
            "upsert": upsert,
        }
        path = path_of("/v1/accounts/{}/pinterest/boards", account_id)
        body = body_of(fields)
        return self._core.call("POST", path, PinterestNewBoard, body=body, idempotency_key=idempotency_key)

    @operation
    def set_default_board(
        self, account_id: str, board_id: str, *, idempotency_key: str | None = None
    ) -> Flow[PinterestDefaultBoard]:
        """Set the board to which a Pinterest account pins by default."""
        path = path_of("/v1/accounts/{}/pinterest/default-board", account_id)
        body = {"boardId": board_id}
        return self._core.call("PATCH", path, PinterestDefaultBoard, body=body, idempotency_key=idempotency_key)

    @listing
    def list(
        self,
        *,
        platform: Values = None,
        status: Values = None,
        handle: Values = None,
        profile_id: Values = None,
        external_user_id: Values = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ListCall[Account]:
        """List accounts, newest first. Disconnected accounts are listed only with `status="disconnected"`."""
        return self._list(
            "/v1/accounts",
            Page[Account],
            cursor=cursor,
            limit=limit,
            platform=platform,
            status=status,
            handle=handle,
            profile_id=profile_id,
            external_user_id=external_user_id,
        )


class Accounts(AccountOperations, SyncResource):
    """Connected accounts."""


class AsyncAccounts(AccountOperations, AsyncResource):
    """Connected accounts."""


class ConnectSessionOperations(Resource):
    """Hosted pages on which your users connect their accounts."""

    @operation
    def create(
        self,
        return_url: str,
        *,
        platform: str | None = None,
        profile_id: str | None = None,
        external_user_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[NewConnectSession]:
        """Create a page for one person; return its URL.

        Args:
            return_url: where the browser goes at the end. The operator has to allow its origin.
            platform: without it, the person chooses one.
            external_user_id: your own id of the person. The connected account keeps it.
        """
        body = body_of(
            {
                "return_url": return_url,
                "platform": platform,
                "profile_id": profile_id,
                "external_user_id": external_user_id,
            }
        )
        return self._core.call(
            "POST", "/v1/connect-sessions", NewConnectSession, body=body, idempotency_key=idempotency_key
        )

    @operation
    def get(self, session_id: str) -> Flow[ConnectSession]:
        """Return a session and its result."""
        return self._core.call("GET", path_of("/v1/connect-sessions/{}", session_id), ConnectSession)


class ConnectSessions(ConnectSessionOperations, SyncResource):
    """Hosted pages on which your users connect their accounts."""


class AsyncConnectSessions(ConnectSessionOperations, AsyncResource):
    """Hosted pages on which your users connect their accounts."""
