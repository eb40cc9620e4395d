"""The form fields for a platform's `connect_input`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from letmepost.domain.errors import InputRefused, InvalidShape, PlatformFailure, RequestError
from letmepost.platforms.contract import Platform

SERVER = "server"
"""The field for the server of an account."""
_SECRET = {"password"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form.

    `sample` is what a person can enter to connect a simulated account.
    """

    name: str
    label: str
    hint: str | None
    kind: str
    is_required: bool
    value: str
    error: str | None
    example: str | None = None
    sample: str | None = None


def fields_of(
    platform: Platform,
    given: Mapping[str, str],
    error: RequestError | PlatformFailure | None,
    samples: Mapping[str, str],
) -> list[Field]:
    """Return every field with its error and, unless it is secret, the value that was entered before.

    `samples` are the credentials of a simulated account, by field.
    """
    if platform.servers is not None:
        return [_server_field(given, error)]
    if platform.connect_input is None:
        return []
    schema = platform.connect_input.model_json_schema(by_alias=True)
    required = schema.get("required", ())
    return [
        replace(_field(name, described, given, error, is_required=name in required), sample=samples.get(name))
        for name, described in schema["properties"].items()
    ]


def given_fields(platform: Platform, form: Mapping[str, str]) -> dict[str, str]:
    """Return the values that were entered. Empty fields are left out."""
    if platform.connect_input is None:
        return {}
    names = platform.connect_input.model_json_schema(by_alias=True)["properties"]
    return {name: form[name] for name in names if form.get(name)}


def _server_field(given: Mapping[str, str], error: RequestError | PlatformFailure | None) -> Field:
    """Return the field for the server of an account. Everything that is wrong with the input concerns this field."""
    is_wrong = isinstance(error, InputRefused) or (isinstance(error, RequestError) and error.field == SERVER)
    return Field(
        name=SERVER,
        label="Server",
        hint="The server that your account is on.",
        kind="text",
        is_required=True,
        value=given.get(SERVER, ""),
        error=error.message.replace(f"`{SERVER}`", "Server") if error is not None and is_wrong else None,
        example="social.example",
    )


def _field(
    name: str,
    described: Mapping[str, Any],
    given: Mapping[str, str],
    error: RequestError | PlatformFailure | None,
    *,
    is_required: bool,
) -> Field:
    formats = {described.get("format"), *(one.get("format") for one in described.get("anyOf", ()))}
    is_secret = bool(described.get("writeOnly")) or bool(formats & _SECRET)
    label = str(described.get("title") or name)
    problems = error.problems if isinstance(error, InvalidShape) else ()
    problem = next((one.message.replace(f"`{name}`", label) for one in problems if one.field == name), None)
    return Field(
        name=name,
        label=label,
        hint=str(described["description"]) if described.get("description") else None,
        kind="password" if is_secret else "url" if "uri" in formats else "text",
        is_required=is_required,
        value="" if is_secret else given.get(name, ""),
        error=problem,
    )
