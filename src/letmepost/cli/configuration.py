"""Reads the settings from the environment."""

from collections.abc import Mapping

from pydantic import ValidationError

from letmepost.cli.output import fail
from letmepost.settings import Settings


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings, or exit and name each variable that is wrong, without its value."""
    try:
        return Settings.model_validate(given_settings(environment))
    except ValidationError as error:
        lines = [f"  {line}" for line in complaints(error)]
        fail("\n".join(["These settings are missing or invalid (see .env.example):", *lines]))


def given_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the values in the environment, by the settings' own names."""
    names = (str(field.validation_alias or name) for name, field in Settings.model_fields.items())
    return {name: environment[variable(name)] for name in names if variable(name) in environment}


def complaints(error: ValidationError, prefix: str = "") -> list[str]:
    """Describe what is wrong with each variable, without its value. `prefix`: for a platform, its name and `_`."""
    found = error.errors(include_input=False)
    return [f"{variable(prefix + str(complaint['loc'][0]))}: {complaint['msg']}" for complaint in found]


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return name if name.isupper() else f"LETMEPOST_{name.upper()}"
