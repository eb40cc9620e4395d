"""The reference: every operation, event and status on one page, generated from the OpenAPI document."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from letmepost.domain.posts import EXITS, TRANSITIONS, UNSETTLED, PostStatus
from letmepost.http.docs.fields import fields_table, type_of
from letmepost.http.docs.layout import page, paragraphs, prose, table
from letmepost.http.gate import ANY_KEY, OPERATOR, scope_of

_METHODS = ("post", "get", "put", "patch", "delete")
_INTRO = """
<p>One request publishes to many social accounts, exactly once. Send JSON to <code>/v1</code> with
<code>Authorization: Bearer lmp_live_…</code>. A key that starts with <code>lmp_test_</code> publishes to simulated
platforms. Times are RFC 3339, lists have a <code>nextCursor</code>, and all errors use the same
<a href="/docs/errors">envelope</a>. To generate a client, use the <a href="/openapi.json">OpenAPI 3.1 document</a>.</p>
"""


def reference_page(described: Mapping[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    tags = described["tags"]
    sections = [_section(tag, described) for tag in tags if _operations(tag["name"], described)]
    return page(
        f"API reference {described['info']['version']}",
        _INTRO + _contents(tags, described) + "".join(sections) + _events(described) + _statuses(),
    )


def _operations(tag: str, described: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    found = [
        (method, path, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if tag in operation["tags"]
    ]
    return sorted(found, key=lambda one: (not one[1].startswith(f"/v1/{tag}"), one[1], _METHODS.index(one[0])))


def _contents(tags: list[Mapping[str, Any]], described: Mapping[str, Any]) -> str:
    groups = []
    for tag in tags:
        links = "".join(
            f'<li><a href="#{operation["operationId"]}"><code>{method.upper()} {escape(path)}</code></a></li>'
            for method, path, operation in _operations(tag["name"], described)
        )
        if links:
            groups.append(f"<details><summary><b>{tag['name']}</b> {prose(tag['description'])}</summary>")
            groups.append(f"<ul>{links}</ul></details>")
    more = '<p><a href="#events">Webhook events</a> · <a href="#statuses">Statuses of a post</a></p>'
    return f'<nav aria-label="Operations">{"".join(groups)}{more}</nav>'


def _section(tag: Mapping[str, Any], described: Mapping[str, Any]) -> str:
    operations = "".join(_operation(*found, described) for found in _operations(tag["name"], described))
    return f"<section><h2>{tag['name'].title()}</h2><p>{prose(tag['description'])}</p>{operations}</section>"


def _operation(method: str, path: str, operation: Mapping[str, Any], described: Mapping[str, Any]) -> str:
    name = f'<code><span class="method">{method.upper()}</span> {escape(path)}</code>'
    parts = [
        f'<article id="{operation["operationId"]}"><h3>{name}</h3>',
        paragraphs(operation.get("description", "")),
        f'<p class="soft">{_authorization(operation)}</p>',
        *_parameters(operation, described),
        *_body(operation, described),
        *_responses(operation, described),
        "</article>",
    ]
    return "".join(parts)


def _authorization(operation: Mapping[str, Any]) -> str:
    scope = scope_of(operation)
    if scope is None:
        return "Requires no API key."
    if scope == OPERATOR:
        return "Requires the operator token."
    return "Requires any API key." if scope == ANY_KEY else f"Requires the scope <code>{escape(scope)}</code>."


def _parameters(operation: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[str]:
    rows: list[tuple[str, ...]] = []
    for given in operation.get("parameters", ()):
        found = _resolve(given, described)
        where = "required" if found.get("required") else found["in"]
        name, kind = escape(found["name"]), escape(type_of(found["schema"]))
        rows.append((f"<code>{name}</code>", kind, where, prose(found.get("description", ""))))
    if rows:
        yield "<h4>Parameters</h4>" + table(("Name", "Type", "Where", "Meaning"), rows)


def _body(operation: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[str]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<h4>Body <span class='soft'>{escape(kind)}</span></h4>"
        yield fields_table(content["schema"], described["components"]["schemas"])
        if "example" in content:
            yield _example(content["example"])


def _responses(operation: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[str]:
    yield "<h4>Responses</h4>"
    errors: list[tuple[str, ...]] = []
    for status, given in operation["responses"].items():
        response = _resolve(given, described)
        if status[0] != "2":
            errors.append((status, prose(response["description"])))
            continue
        contents = response.get("content", {})
        for kind, content in contents.items():
            fields = fields_table(content["schema"], described["components"]["schemas"])
            shown = fields + _example(content["example"])
            summary = f"<b>{status}</b> {prose(response['description'])} <span class='soft'>{escape(kind)}</span>"
            yield f"<details><summary>{summary}</summary>{shown}</details>"
    listed = table(("Status", "When"), errors)
    yield f"<details><summary><b>Errors</b></summary>{listed}</details>"


def _events(described: Mapping[str, Any]) -> str:
    parts = []
    for name, item in described["webhooks"].items():
        content = item["post"]["requestBody"]["content"]["application/json"]
        event = _resolve(content["schema"], described)
        data = fields_table(event["properties"]["data"], described["components"]["schemas"])
        parts.append(
            f"<details><summary><code>{name}</code> {prose(item['post']['description'])}</summary>"
            f"<p>Fields of <code>data</code>:</p>{data}{_example(content['example'])}</details>"
        )
    intro = (
        "<p>Webhooks, <a href='#listEvents'><code>GET /v1/events</code></a> and <a href='#followEvents'>the stream</a> "
        "use the same envelope. Deliveries are signed according to <a href='https://www.standardwebhooks.com'>Standard "
        "Webhooks</a>.</p>"
    )
    return f'<section id="events"><h2>Events</h2>{intro}{"".join(parts)}</section>'


def _statuses() -> str:
    rows: list[tuple[str, ...]] = [
        (
            f"<code>{cause}</code>",
            ", ".join(f"<code>{source}</code>" for source in sorted(transition.sources)),
            f"<code>{transition.target}</code>",
            f"<code>{transition.event}</code>" if transition.event else "",
            _settled(transition.target),
        )
        for cause, transition in TRANSITIONS.items()
    ]
    listed = table(("Cause", "From", "To", "Event", "Settled"), rows)
    exits = table(
        ("Status", "Checked again", "Then"),
        [(f"<code>{status}</code>", prose(way.deadline), prose(way.decision)) for status, way in EXITS.items()],
    )
    intro = (
        "<p>The response to a request waits until every post is settled. A canceled draft cannot be retried, because "
        "no request has published it.</p>"
    )
    return (
        f'<section id="statuses"><h2>Statuses of a post</h2>{intro}{listed}'
        f"<h3>When an unsettled post is checked again</h3>{exits}</section>"
    )


def _settled(status: PostStatus) -> str:
    if status is PostStatus.QUEUED:
        return "if scheduled"
    return "no" if status in UNSETTLED else "yes"


def _example(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f"<pre><code>{escape(text, quote=False)}</code></pre>"


def _resolve(given: Mapping[str, Any], described: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = given
    if "$ref" in given:
        found = described
        for part in given["$ref"].removeprefix("#/").split("/"):
            found = found[part]
    return found
