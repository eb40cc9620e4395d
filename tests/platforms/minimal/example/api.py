"""The calls of Example's API: https://docs.example.com (read 2026-11-29)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from letmepost.domain.flow import Auth, Call, Effect
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url, upload_file
from letmepost.platforms._kit.drafts import Upload
from tests.platforms.minimal.example.settings import ExampleSettings

TOKENS_PATH = "/oauth/token"

_IMAGE_VALID_FOR_S = 23 * 3600.0
"""An hour less than the lifetime of an unused image, so that a recorded one is not about to be deleted."""


def request_tokens(settings: ExampleSettings, form: Mapping[str, str], *, auth: Auth) -> Call:
    """Return a request for tokens, as the deployment's app."""
    url = f"{base_url(settings.api_url)}{TOKENS_PATH}"
    return oauth.app_call(url, form, app=settings, method="client_secret_post", auth=auth)


def own_account(settings: ExampleSettings) -> Call:
    """Return a read of the account that a token belongs to."""
    return Call(method="GET", url=f"{_api(settings)}/me")


def upload_image(settings: ExampleSettings, upload: Upload) -> Call:
    """Return an upload of an image, which no one sees before a post shows it."""
    return upload_file(
        f"{_api(settings)}/images",
        upload.item,
        method="POST",
        step=upload.step,
        valid_for_s=_IMAGE_VALID_FOR_S,
    )


def create_post(settings: ExampleSettings, body: Mapping[str, Any], *, step: str) -> Call:
    """Return a call that publishes a post. A repetition after a minute publishes a second one."""
    return Call(method="POST", url=f"{_api(settings)}/posts", json=body, effect=Effect.PUBLISH, step=step)


def list_posts(settings: ExampleSettings, account_id: str, since: datetime) -> Call:
    """Return a read of the account's posts since a moment, oldest first."""
    query = (("since", str(int(since.timestamp()))),)
    return Call(method="GET", url=f"{_api(settings)}/accounts/{account_id}/posts", query=query)


def delete_post(settings: ExampleSettings, post_id: str) -> Call:
    """Return a deletion of one of the account's posts."""
    return Call(method="DELETE", url=f"{_api(settings)}/posts/{post_id}", effect=Effect.WRITE)


def _api(settings: ExampleSettings) -> str:
    return f"{base_url(settings.api_url)}/v1"
