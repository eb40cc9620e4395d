"""The page of a network, from the values of its platform."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic.fields import FieldInfo

from letmepost.domain.rules import Rule
from letmepost.http.errors import rule_page
from letmepost.platforms.contract import Platform

_DEPTH_MAX = 3


_LACKING = "\n## What is not supported\n"
_REJECTED = (
    "A request with any of the following is rejected. With "
    "[`onUnsupported`](../posts.md#content-that-a-platform-does-not-support), it is published without it:"
)
_TRY_IT = """Try it in the sandbox, which needs no app and no account:

```sh
curl -s "$API/v1/sandbox/accounts" -H "Authorization: Bearer $KEY" --json '{{"platform": "{name}"}}'
```"""


def network_page(platform: Platform, written: str) -> str:
    """Return the page as Markdown. `written` is its hand-written part: a title, sections, and what is not supported."""
    _, _, body = written.partition("\n")
    setup, _, lacking = body.partition(_LACKING)
    sections = [
        f"# {platform.title}",
        _introduction(platform),
        _TRY_IT.format(name=platform.name),
        setup.strip(),
        _LACKING.strip(),
        lacking.strip(),
        "\n".join([_REJECTED, "", *_unsupported(platform)]),
        *_section("Options", _options(platform)),
        *_section("Limits", _limits(platform)),
        *_section("Permissions", _permissions(platform)),
        *_section("Settings", _settings(platform)),
        *_section("Scenarios of the sandbox", _scenarios(platform)),
    ]
    return "\n\n".join(part for part in sections if part) + "\n"


def _introduction(platform: Platform) -> str:
    names = " or ".join(f"`{name}`" for name in (platform.name, *platform.aliases))
    ways = "by consent" if platform.oauth is not None else "with credentials"
    if platform.servers is not None:
        ways += ", on a server that the person chooses"
    media = (
        "fetches media from the public URL of this deployment" if platform.pulls_media else "gets the bytes of media"
    )
    version = f" Tested with version `{platform.api_version}` of its API." if platform.api_version else ""
    return (
        f"letmepost publishes to {platform.title}; its name in requests is {names}. Accounts are connected "
        f"[{ways}](../accounts.md). {platform.title} {media}.{version}"
    )


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"## {title}"
        yield "\n".join(lines)


def _unsupported(platform: Platform) -> list[str]:
    lines = [f"- {rule.summary} {_link(rule)}" for rule in platform.rules if rule.capability]
    if platform.unpublish is None:
        lines.append("- A published post cannot be unpublished through the API.")
    return lines


def _limits(platform: Platform) -> list[str]:
    rows = [
        (rule.summary, _limit(rule), f"[{rule.source.checked_on}]({rule.source.url})", _link(rule))
        for rule in platform.rules
        if rule.limit is not None and not rule.capability
    ]
    return _table(("Limit", "Value", "Source, as of", "Rule"), rows)


def _limit(rule: Rule) -> str:
    number = f"{rule.limit:,}" if isinstance(rule.limit, int) else str(rule.limit)
    return f"{number} {rule.unit or ''}".strip()


def _link(rule: Rule) -> str:
    return f"[`{rule.id}`](/docs/preflight/{rule_page(rule.id)})"


def _options(platform: Platform) -> list[str]:
    schema = platform.options.model_json_schema()
    rows = [row for row in _fields(schema, schema.get("$defs", {}), "options.", 0) if row[0] != "`options.platform`"]
    return _table(("Field", "Type", "Meaning"), rows)


def _fields(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], path: str, depth: int
) -> Iterator[tuple[str, str, str]]:
    for name, field in schema.get("properties", {}).items():
        required = ", required" if name in schema.get("required", ()) else ""
        yield f"`{path}{name}`", f"{_type(field, schemas)}{required}", _meaning(field, schemas)
        inner = [found for found in _objects(field, schemas) if "properties" in found[0]]
        if len(inner) == 1 and depth < _DEPTH_MAX:
            yield from _fields(inner[0][0], schemas, f"{path}{name}{inner[0][1]}.", depth + 1)


def _objects(field: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the schemas that a field may have, each with `[]` for each list that it is in."""
    if "$ref" in field:
        yield from _objects(schemas[field["$ref"].rpartition("/")[2]], schemas)
    elif field.get("type") == "array":
        yield from ((found, f"[]{suffix}") for found, suffix in _objects(field.get("items", {}), schemas))
    elif "anyOf" in field:
        for choice in field["anyOf"]:
            yield from _objects(choice, schemas)
    else:
        yield field, ""


def _type(field: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    kinds = (_kind(found) + (" list" if suffix else "") for found, suffix in _objects(field, schemas))
    return " or ".join(dict.fromkeys(kind for kind in kinds if kind != "null"))


def _kind(schema: Mapping[str, Any]) -> str:
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if values:
        return " or ".join(f"`{value}`" for value in values)
    return "time" if schema.get("format") == "date-time" else str(schema.get("type", "any"))


def _meaning(field: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    described = field.get("description")
    if described is None:
        described = next((found["description"] for found, _ in _objects(field, schemas) if "description" in found), "")
    return str(described)


def _permissions(platform: Platform) -> list[str]:
    if platform.oauth is None:
        return ["Accounts are connected by credentials, which have no scopes."]
    intro = (
        "The consent page asks for all of these scopes. If a person refuses one, `missingFeatures` of the account "
        "lists what does not work. Connecting the account again asks for it again."
    )
    rows = [(name, _scopes(scopes)) for name, scopes in platform.oauth.features.items()]
    calls = "[Every call and its scopes](/docs/permissions)."
    return [intro, "", *_table(("Feature", "Scopes"), rows), "", calls]


def _scopes(scopes: Iterable[str]) -> str:
    return ", ".join(" or ".join(f"`{name}`" for name in one.split(" or ")) for one in scopes) or "none"


def _settings(platform: Platform) -> list[str]:
    rows = [
        (f"`LETMEPOST_{platform.name.upper()}_{name.upper()}`", field.description or "", _default(field))
        for name, field in platform.settings.model_fields.items()
    ]
    return _table(("Variable", "Meaning", "Default"), rows)


def _default(field: FieldInfo) -> str:
    if field.default is None or field.default == () or field.is_required():
        return ""
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _scenarios(platform: Platform) -> list[str]:
    names = ", ".join(f"`{name}`" for name in platform.simulator.scenarios)
    return [f"{names}. [What a scenario is](../sandbox.md#accounts-that-misbehave)."]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table; no lines without rows."""
    if not rows:
        return []
    cells = [[" ".join(cell.split()).replace("|", r"\|") for cell in row] for row in rows]
    return [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *cells)]
