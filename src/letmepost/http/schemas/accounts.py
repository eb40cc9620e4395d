"""Connected accounts."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, create_model

from letmepost.domain.accounts import AccountStatus, Health
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.sizes import SERVER_MAX_CHARS, URL_MAX_CHARS
from letmepost.http.schemas.base import Body, DescribedAs, Left, Moment, View, body_profile_id
from letmepost.http.schemas.omittable import Omittable
from letmepost.http.schemas.stored_errors import ERROR_DETAILS
from letmepost.platforms import discover
from letmepost.platforms.contract import AccountBlock, Platform
from letmepost.services.accounts.consent_requests import Completion, ConsentOptions, Started
from letmepost.services.accounts.read import AccountChange
from letmepost.storage.accounts.accounts import AccountRow


class AccountHealthView(View):
    """The result of the last check. Connecting the account again resets it.

    `healthy`: the platform accepted the credential. `refused`: it did not, and the account must be connected again.
    `failing`: the platform could not be reached. `unchecked`: there was no check yet.
    """

    state: Literal["unchecked", Health]
    checked_at: Left[Moment] = None
    error: Left[Annotated[Mapping[str, Any], ERROR_DETAILS]] = None


_BLOCKS: Mapping[str, AccountBlock] = {
    name: platform.account_block for name, platform in discover().items() if platform.account_block is not None
}

if TYPE_CHECKING:  # the fields are those that the platforms declare

    class _WithBlocks(View):
        pass
else:
    _WithBlocks = create_model(
        "_WithBlocks",
        __base__=View,
        **{
            name: (Left[Annotated[Mapping[str, Any], DescribedAs(block.view)]], None) for name, block in _BLOCKS.items()
        },
    )


class AccountView(_WithBlocks):
    """A connected account."""

    id: str
    profile_id: str
    platform: str
    platform_account_id: str
    handle: Left[str] = None
    display_name: str | None
    avatar_url: Left[str] = None
    status: Annotated[str, DescribedAs(AccountStatus)]
    scopes: Sequence[str]
    missing_features: Sequence[str] = Field(
        description="The features in `GET /v1/platforms` that the person did not consent to. Connecting again asks."
    )
    external_user_id: Left[str] = None
    token_expires_at: Moment | None
    health: AccountHealthView
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, row: AccountRow, platforms: Mapping[str, Platform]) -> Self:
        """Show an account. `platforms`: those of the deployment."""
        platform = platforms.get(row.platform)
        features = () if platform is None or platform.oauth is None else platform.oauth.missing(row.scopes)
        return cls(
            id=format_id(Prefix.ACCOUNT, row.id),
            profile_id=format_id(Prefix.PROFILE, row.profile_id),
            platform=row.platform,
            platform_account_id=row.platform_account_id,
            handle=row.handle,
            display_name=row.display_name,
            avatar_url=row.avatar_url,
            status=row.status,
            scopes=row.scopes,
            missing_features=features,
            external_user_id=row.external_user_id,
            token_expires_at=row.token_expires_at,
            health=AccountHealthView(
                state=row.health or "unchecked", checked_at=row.checked_at, error=row.health_error
            ),
            created_at=row.created_at,
            updated_at=row.updated_at,
            **_shown_block(row),
        )


def _shown_block(row: AccountRow) -> Mapping[str, Any]:
    """Return what the account shows about its platform, in the field of the platform."""
    block = _BLOCKS.get(row.platform)
    return {} if block is None else {row.platform: block.show(row.facts).model_dump(mode="json")}


class ConnectedAccountView(AccountView):
    """The account that was connected, or the first of several."""

    accounts: Left[Sequence[AccountView]] = Field(default=None, description="All of them, where there are several.")

    @classmethod
    def of_all(cls, rows: Sequence[AccountRow], platforms: Mapping[str, Platform]) -> Self:
        """Show what was connected; at least one."""
        shown = [AccountView.of(row, platforms) for row in rows]
        first = cls.of(rows[0], platforms)
        return first if len(shown) == 1 else first.model_copy(update={"accounts": shown})


class AccountPage(View):
    """A page of accounts, newest first."""

    data: Sequence[AccountView]
    next_cursor: str | None


class ChangeAccount(Body):
    """Only the fields that are sent change."""

    display_name: Omittable[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default=None, description="Lasts until the account is connected again."
    )
    profile_id: Omittable[str] = Field(default=None, description="The profile to move the account to.")

    def to_change(self) -> AccountChange:
        """For the use case."""
        profile_id = body_profile_id(self.profile_id)
        return AccountChange(display_name=self.display_name, profile_id=profile_id)


class ConsentDescriptor(View):
    """Where a person gives consent. Send the browser to `authorizationUrl` before `expiresAt`."""

    type: Literal["oauth"] = "oauth"
    authorization_url: str
    state: str
    expires_at: Moment


class ConnectDescriptor(View):
    """How to connect an account: by consent (`type` is `oauth`), or with the body that this JSON Schema describes."""

    platform: str
    state: Literal["stable"] = "stable"
    descriptor: Annotated[Mapping[str, Any], DescribedAs(ConsentDescriptor | dict[str, Any])]

    @classmethod
    def started(cls, started: Started) -> Self:
        """Show a consent that waits for a person."""
        descriptor = ConsentDescriptor(
            authorization_url=started.authorization_url, state=started.state, expires_at=started.expires_at
        )
        return cls(platform=started.platform, descriptor=descriptor.model_dump(mode="json"))


class StartConnect(Body):
    """The profile of the new account, its server, and the URLs of a consent."""

    profile_id: str | None = None
    server: str | None = Field(
        default=None,
        min_length=1,
        max_length=SERVER_MAX_CHARS,
        description="The server that the account is on, such as `social.example`. Required on the platforms for which "
        "`needsServer` in `GET /v1/platforms` is true, and rejected on all others.",
    )
    redirect_uri: str | None = Field(
        default=None,
        max_length=URL_MAX_CHARS,
        description="Your page to which the platform sends the browser. Register it with the platform, and call "
        "`complete` from it. Without it, the browser returns to this server, which connects the account.",
    )
    return_url: str | None = Field(
        default=None,
        max_length=URL_MAX_CHARS,
        description="Where this server sends the browser at the end, with `status` (`connected`, `choose`, "
        "`cancelled`, `failed`) and `accountId`, `state` or `error` in the query.",
    )

    def to_options(self) -> ConsentOptions:
        """Return the options of a consent.

        Raises:
            InvalidRequest: the profile id is malformed.
        """
        profile_id = body_profile_id(self.profile_id)
        return ConsentOptions(
            profile_id=profile_id, server=self.server, redirect_uri=self.redirect_uri, return_url=self.return_url
        )


class CompleteConsent(Body):
    """The parameters with which the browser came back, or the accounts that were chosen."""

    state: str = Field(min_length=1, max_length=512)
    code: str | None = Field(default=None, min_length=1, max_length=4096)
    account_ids: Sequence[str] | None = Field(
        default=None, min_length=1, max_length=200, description="The chosen accounts, if the consent covers several."
    )
    redirect_uri: str | None = Field(
        default=None,
        max_length=URL_MAX_CHARS,
        description="Optional. If it is sent, it must be the URL to which the platform sent the browser.",
    )

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """From a body.

        Raises:
            RequestValidationError: it has another shape.
        """
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_input=False, include_url=False)) from error

    def to_completion(self, profile_id: UUID | None) -> Completion:
        """Return the request for the use case."""
        return Completion(
            state=self.state,
            code=self.code,
            account_ids=self.account_ids,
            profile_id=profile_id,
            redirect_uri=self.redirect_uri,
        )


class DeletedObject(View):
    """The id of a deleted object."""

    id: str
    deleted: Literal[True] = True

    @classmethod
    def named(cls, prefix: Prefix) -> Callable[[UUID], Self]:
        """Return the view of deleted things whose public ids have this prefix."""
        return lambda deleted_id: cls(id=format_id(prefix, deleted_id))
