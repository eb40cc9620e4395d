"""The settings of the platforms whose accounts are connected with Facebook Login."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.platforms._kit.settings import AppSettings

GRAPH_VERSION = "v26.0"
"""Released 2026-07-29. https://developers.facebook.com/docs/graph-api/changelog/versions (checked 2026-11-28)."""
GRAPH_SUNSETS: Mapping[str, date] = MappingProxyType(
    {
        "v21.0": date(2027, 1, 21),
        "v22.0": date(2027, 5, 20),
        "v23.0": date(2027, 10, 8),
        "v24.0": date(2028, 2, 18),
        "v25.0": date(2028, 7, 29),
    }
)
"""From the same page. The end of v26.0 is not announced. After it, the oldest usable version answers silently."""


class GraphSettings(AppSettings):
    """The hosts of Meta, and the credentials of the deployment's app."""

    api_version: Annotated[
        str,
        Field(
            pattern=r"^v\d+\.\d+$",
            description="The version of the Graph API. The default is the one that is tested.",
        ),
    ] = GRAPH_VERSION
    client_id: str | None = Field(default=None, description="The app ID, from the app's basic settings.")
    client_secret: SecretStr | None = Field(default=None, description="The app secret, from the app's basic settings.")
    api_url: Annotated[AnyHttpUrl, Field(description="The host of the Graph API.")] = AnyHttpUrl(
        "https://graph.facebook.com"
    )
    upload_url: Annotated[AnyHttpUrl, Field(description="The host that receives the bytes of reels and stories.")] = (
        AnyHttpUrl("https://rupload.facebook.com")
    )
    web_url: Annotated[AnyHttpUrl, Field(description="The host of the page where a person grants access.")] = (
        AnyHttpUrl("https://www.facebook.com")
    )
