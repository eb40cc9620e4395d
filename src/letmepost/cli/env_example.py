"""`.env.example`, made from the settings themselves, so that it cannot drift."""

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from letmepost.platforms import discover
from letmepost.settings import Settings


def env_example() -> str:
    """Every setting with its meaning; those with a default are commented out."""
    lines = ["# Every setting of letmepost. Written by `make env-example`; a test compares."]
    for name, field in Settings.model_fields.items():
        lines += _entry(str(field.validation_alias or f"LETMEPOST_{name.upper()}"), field)
    for name, platform in discover().items():
        lines += ["", f"# --- {platform.title} ---"]
        for setting, field in platform.settings.model_fields.items():
            lines += _entry(f"LETMEPOST_{name.upper()}_{setting.upper()}", field)
    return "\n".join([*lines, ""])


def _entry(variable: str, field: FieldInfo) -> list[str]:
    lines = ["", f"# {field.description}"] if field.description else [""]
    if field.default is PydanticUndefined:
        return [*lines, f"{variable}="]
    default = "" if field.default in {None, ()} else str(field.default)
    return [*lines, f"#{variable}={default.lower() if isinstance(field.default, bool) else default}"]
