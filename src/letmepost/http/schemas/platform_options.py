"""How the OpenAPI describes the options of platforms. The services validate them, with their path in the request."""

from typing import Any, Union

from pydantic import BaseModel, ConfigDict, create_model

from letmepost.http.schemas.base import DescribedAs
from letmepost.platforms import discover

_options: Any = Union[tuple(platform.options for platform in discover().values())]  # noqa: UP007 - known at run time
_fields: dict[str, Any] = {name: (platform.options | None, None) for name, platform in discover().items()}
_by_platform: type[BaseModel] = create_model(
    "OptionsByPlatform",
    __config__=ConfigDict(extra="forbid"),
    __doc__="Options for every target on a platform, by the name of the platform.",
    **_fields,
)

OPTIONS_OF_ONE_PLATFORM = DescribedAs(_options | None)
"""Of a post or a target."""

OPTIONS_BY_PLATFORM = DescribedAs(_by_platform | None)
"""Of a request with several targets."""
