"""The calls of the Instagram API that this platform makes. Both logins have the same calls, on different hosts.

A post is created in two steps: an invisible container, which is then published. A container can be published once, and
expires after a day. Source: https://developers.facebook.com/docs/instagram-platform/content-publishing (checked
2026-11-28).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Call, Effect
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms.instagram.settings import InstagramSettings, Login

REFRESH_PATH = "/refresh_access_token"
QUOTA_PATH = "/content_publishing_limit"
_CONTAINER_VALID_FOR_S = 23 * 3600.0
"""An hour less than its lifetime, so that a container from the journal is not about to expire."""
_RECENT_COUNT = 100
"""Later posts must not hide the one that is searched for."""


@dataclass(frozen=True, slots=True)
class Api:
    """The API of one account.

    Args:
        url: with the version.
        user_id: the id that its paths contain.
        upload_url: the host that receives videos; None if the login has none, so that Instagram fetches videos.
    """

    url: str
    user_id: str
    upload_url: str | None = None

    @classmethod
    def of(cls, account: AccountFacts, settings: InstagramSettings) -> "Api":
        """Return the API of a connected account."""
        login = login_of(account)
        user_id = account.data.get("userId", account.platform_account_id)
        return cls(
            api_url(login, settings), user_id, base_url(settings.upload_url) if login == "facebook_login" else None
        )

    def make_container(self, form: Mapping[str, str], *, step: str) -> Call:
        """Return a call that creates a container, of a post or of one item of a carousel. Unused containers expire."""
        return Call(
            method="POST",
            url=f"{self.url}/{self.user_id}/media",
            form=form,
            effect=Effect.PREPARE,
            step=step,
            valid_for_s=_CONTAINER_VALID_FOR_S,
        )

    def publish_container(self, container_id: str, *, step: str) -> Call:
        """Return a call that publishes a container."""
        return Call(
            method="POST",
            url=f"{self.url}/{self.user_id}/media_publish",
            form={"creation_id": container_id},
            effect=Effect.PUBLISH,
            step=step,
        )

    def comment(self, media_id: str, text: str, *, step: str) -> Call:
        """Return a call that comments on a post. It asks for no fields: Instagram would comment, and then refuse."""
        return Call(
            method="POST",
            url=f"{self.url}/{media_id}/comments",
            form={"message": text},
            effect=Effect.PUBLISH,
            step=step,
        )

    def read_container(self, container_id: str) -> Call:
        """Return a read of a container's status."""
        return self._read(container_id, fields="id,status_code,status")

    def read_upload(self, container_id: str) -> Call:
        """Return a read of how much of a container's video has arrived."""
        return self._read(container_id, fields="id,video_status")

    def read_post(self, media_id: str) -> Call:
        """Return a read of a post's URL."""
        return self._read(media_id, fields="id,permalink")

    def read_add_on(self, media_id: str, edge: str) -> Call:
        """Return a read of the poll or the comment prompt of a post."""
        return self._read(f"{media_id}/{edge}")

    def list_recent(self, since: datetime, *, stories: bool) -> Call:
        """Return a read of the account's posts, or its stories, since a moment, newest first."""
        period = {} if stories else {"since": str(int(since.timestamp()))}  # stories are only listed for a day
        edge = "stories" if stories else "media"
        fields = "id,caption,timestamp,media_type"
        return self._read(f"{self.user_id}/{edge}", fields=fields, limit=str(_RECENT_COUNT), **period)

    def list_comments(self, media_id: str) -> Call:
        """Return a read of the comments on a post."""
        return self._read(f"{media_id}/comments", fields="id,text,timestamp,username", limit=str(_RECENT_COUNT))

    def read_quota(self) -> Call:
        """Return a read of the posts that apps have published in 24 hours, and of the limit."""
        return self._read(f"{self.user_id}{QUOTA_PATH}", fields="quota_usage,config")

    def read_page(self) -> Call:
        """Return a read of the Page that a token belongs to, and of its Instagram account.

        Reads of the account itself have failed for days while its token was valid.
        """
        return self._read("me", fields="id,instagram_business_account{id}")

    def read_me(self) -> Call:
        """Return a read of the account that a token of Instagram Login belongs to."""
        return self._read("me", fields="id,user_id,username,name,account_type,profile_picture_url")

    def delete_post(self, media_id: str) -> Call:
        """Return a deletion of one of the account's posts."""
        return Call(method="DELETE", url=f"{self.url}/{media_id}", effect=Effect.WRITE)

    def _read(self, path: str, **query: str) -> Call:
        return Call(method="GET", url=f"{self.url}/{path}", query=tuple(query.items()), timeout_s=10.0)


def login_of(account: AccountFacts) -> Login:
    """Return the login that an account was connected with."""
    return "facebook_login" if account.data.get("login") == "facebook_login" else "instagram_login"


def api_url(login: Login, settings: InstagramSettings) -> str:
    """Return the URL of the API for a login, with its version."""
    host = settings.page_api_url if login == "facebook_login" else settings.api_url
    return f"{base_url(host)}/{settings.api_version}"
