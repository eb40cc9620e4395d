"""Connected accounts."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from letmepost.domain.ids import Prefix, spell
from letmepost.http.schemas.base import Body, Left, Moment, View, find_id
from letmepost.services.accounts import AccountChange
from letmepost.storage.accounts import AccountRow


class HealthView(View):
    """What the last check found; connecting again forgets it.

    `healthy`: the platform let us in. `refused`: it did not, and the account must be connected again. `failing`: it
    could not be asked, which says nothing about the account. `unchecked`: nobody has asked yet.
    """

    state: Literal["unchecked", "healthy", "failing", "refused"]
    checked_at: Left[Moment] = None
    error: Left[Mapping[str, Any]] = Field(default=None, description="Of the shape of every error's inner part.")


class AccountView(View):
    """A connected account."""

    id: str
    profile_id: str
    platform: str
    platform_account_id: str
    handle: Left[str] = None
    display_name: str | None
    avatar_url: Left[str] = None
    status: str
    scopes: Sequence[str]
    token_expires_at: Moment | None
    health: HealthView
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, row: AccountRow) -> "AccountView":
        """Show an account."""
        return cls(
            id=spell(Prefix.ACCOUNT, row.id),
            profile_id=spell(Prefix.PROFILE, row.profile_id),
            platform=row.platform,
            platform_account_id=row.platform_account_id,
            handle=row.handle,
            display_name=row.display_name,
            avatar_url=row.avatar_url,
            status=row.status,
            scopes=row.scopes,
            token_expires_at=row.token_expires_at,
            health=HealthView.model_validate(
                {"state": row.health or "unchecked", "checked_at": row.checked_at, "error": row.health_error}
            ),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class AccountPage(View):
    """A page of accounts, newest first."""

    data: Sequence[AccountView]
    next_cursor: str | None


class ChangeAccount(Body):
    """What may be changed; what is left out stays as it is."""

    display_name: str | None = Field(
        default=None, min_length=1, max_length=200, description="Lasts until the account is connected again."
    )
    profile_id: str | None = Field(default=None, description="The profile to move the account to.")

    @field_validator("display_name", "profile_id", mode="before")
    @classmethod
    def _is_given(cls, value: object) -> object:
        if value is None:
            raise PydanticCustomError("missing_value", "cannot be removed: leave it out to keep it")
        return value

    def to_change(self) -> AccountChange:
        """For the use case."""
        profile_id = None if self.profile_id is None else find_id(Prefix.PROFILE, self.profile_id)
        return AccountChange(display_name=self.display_name, profile_id=profile_id)


class ConnectDescriptor(View):
    """How an account is connected: the JSON Schema of what to send to `complete`."""

    platform: str
    state: Literal["stable"] = "stable"
    descriptor: Mapping[str, Any]


class StartConnect(Body):
    """Under which profile an account is to be connected."""

    profile_id: str | None = None


class Deleted(View):
    """It is gone."""

    id: str
    deleted: Literal[True] = True
