"""From the environment to the settings."""

from pydantic import ValidationError

from letmepost.cli.output import fail
from letmepost.cli.wiring import Wiring
from letmepost.settings import Settings


def read_settings(wiring: Wiring) -> Settings:
    """The settings, or an exit that names each variable that is wrong; never its value."""
    try:
        return Settings.model_validate(given_settings(wiring))
    except ValidationError as error:
        lines = [f"  {line}" for line in complaints(error)]
        fail("\n".join(["These settings are missing or wrong (see .env.example):", *lines]))


def given_settings(wiring: Wiring) -> dict[str, str]:
    """What the environment says, by the settings' own names."""
    names = (str(field.validation_alias or name) for name, field in Settings.model_fields.items())
    return {name: wiring.environment[variable(name)] for name in names if variable(name) in wiring.environment}


def complaints(error: ValidationError, prefix: str = "") -> list[str]:
    """What is wrong with each variable, without what it holds. `prefix`: of a platform's settings, its name and `_`."""
    found = error.errors(include_input=False)
    return [f"{variable(prefix + str(complaint['loc'][0]))}: {complaint['msg']}" for complaint in found]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return name if name.isupper() else f"LETMEPOST_{name.upper()}"
