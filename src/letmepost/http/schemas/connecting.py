"""How the OpenAPI describes the bodies that connect an account. The services validate them."""

from collections.abc import Iterator
from typing import Any, Union

from pydantic import BaseModel, Field, create_model

from letmepost.http.schemas.accounts import CompleteConsent
from letmepost.http.schemas.base import DescribedAs
from letmepost.platforms import discover


def _with_profile(name: str, base: type[BaseModel], meaning: str) -> type[BaseModel]:
    """Return a schema of the same fields, and of the profile that every such body may name."""
    profile: Any = (str | None, Field(default=None, alias="profileId", description="The profile of the account."))
    return create_model(name, __base__=base, __doc__=meaning, profile_id=profile)


def _bodies() -> Iterator[type[BaseModel]]:
    yield _with_profile("CompleteConsentRequest", CompleteConsent, "The completion of a consent.")
    for platform in discover().values():
        if platform.connect_input is not None:
            name = platform.options.__name__.removesuffix("Options")
            meaning = f"Credentials of a {platform.title} account."
            yield _with_profile(f"Connect{name}Account", platform.connect_input, meaning)


_body: Any = Union[tuple(_bodies())]  # noqa: UP007 - known at run time
COMPLETE_CONNECT = DescribedAs(_body)
