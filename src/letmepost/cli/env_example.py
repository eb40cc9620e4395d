"""The files that list every setting, generated from the settings."""

from collections.abc import Iterator

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from letmepost.platforms import discover
from letmepost.settings import Settings


def env_example() -> str:
    """Return the text of `.env.example`: every setting with its meaning. Those with a default are commented out."""
    lines = ["# Every setting of letmepost. `make env-example` writes this file."]
    for name, field in Settings.model_fields.items():
        lines += _entry(str(field.validation_alias or f"LETMEPOST_{name.upper()}"), field)
    for title, fields in _platforms():
        lines += ["", f"# --- {title} ---"]
        for variable, field in fields.items():
            lines += _entry(variable, field)
    return "\n".join([*lines, ""])


def compose_platforms() -> str:
    """Return the text of `docker-compose.platforms.yml`: the variables that services take from `.env`, by platform."""
    lines = [
        "# The settings of every platform. `make env-example` writes this file, and docker-compose.yml includes it.",
        "# A variable without a value has the value from .env or the shell.",
        "services:",
        "  platforms:",
        "    environment:",
    ]
    for title, fields in _platforms():
        lines += [f"      # {title}", *(f"      {variable}:" for variable in fields)]
    return "\n".join([*lines, ""])


def _platforms() -> Iterator[tuple[str, dict[str, FieldInfo]]]:
    """Yield each platform's title, and its settings by the names of their variables."""
    for name, platform in discover().items():
        fields = platform.settings.model_fields.items()
        yield platform.title, {f"LETMEPOST_{name.upper()}_{setting.upper()}": field for setting, field in fields}


def _entry(variable: str, field: FieldInfo) -> list[str]:
    lines = ["", f"# {field.description}"] if field.description else [""]
    if field.default is PydanticUndefined:
        return [*lines, f"{variable}="]
    default = "" if field.default in {None, ()} else str(field.default)
    return [*lines, f"#{variable}={default.lower() if isinstance(field.default, bool) else default}"]
