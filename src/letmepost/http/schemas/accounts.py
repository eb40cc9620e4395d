"""Connected accounts."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from letmepost.domain.ids import Prefix, spell
from letmepost.http.schemas.base import Body, Left, Moment, View
from letmepost.storage.accounts import AccountRow


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
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class AccountList(View):
    """Every account that the key can see."""

    data: Sequence[AccountView]


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
