"""The pages of the rules: one for each rule id that a response can contain."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from types import MappingProxyType

from letmepost.domain.errors import FixableBy
from letmepost.domain.refusals import CATALOG, Explanation
from letmepost.domain.rules import Rule
from letmepost.http.docs.layout import DocumentPage, definitions, prose, table
from letmepost.http.errors import rule_page
from letmepost.platforms.contract import Platform
from letmepost.platforms.planned import PLANNED

_FIXABLE_BY: Mapping[FixableBy, str] = MappingProxyType(
    {
        FixableBy.CALLER: "The caller of the API.",
        FixableBy.ACCOUNT_OWNER: "The person who owns the account.",
        FixableBy.OPERATOR: "The operator of this deployment.",
        FixableBy.PLATFORM: "The platform.",
    }
)


def explained_rules(platforms: Iterable[Platform]) -> Mapping[str, Rule | Explanation]:
    """Return every documented rule by the name of its page, including those that are never raised."""
    every: list[Rule | Explanation] = list(CATALOG)
    for platform in platforms:
        every += _of_platform(platform)
    for planned in PLANNED.values():
        every += planned
    return {rule_page(rule.id): rule for rule in every}


def _of_platform(platform: Platform) -> tuple[Rule | Explanation, ...]:
    return (*platform.rules, *platform.refusals, *platform.never_raised)


def explanation_page(rule: Rule | Explanation) -> DocumentPage:
    """Return the page of a rule: what it means, where it comes from, how to fix it, and an example."""
    facts = _rule_facts(rule) if isinstance(rule, Rule) else _explanation_facts(rule)
    return DocumentPage(rule.id, f"<p>{prose(rule.summary)}</p>{definitions(facts)}", is_code=True)


def _rule_facts(rule: Rule) -> list[tuple[str, str]]:
    source = escape(rule.source.url)
    return [
        *([] if rule.limit is None else [("Limit", escape(_limit(rule)))]),
        ("How to fix it", prose(rule.remediation)),
        ("Source", f'<a href="{source}">{source}</a>, checked on {rule.source.checked_on}'),
    ]


def _explanation_facts(explanation: Explanation) -> list[tuple[str, str]]:
    sample = explanation.sample
    examples = {"Rejected": explanation.wrong, "Accepted": explanation.right}
    return [
        ("Message", prose(explanation.describe(**sample))),
        ("How to fix it", prose(explanation.advise(**sample))),
        ("Who can fix it", _FIXABLE_BY[explanation.fixable_by]),
        ("Does repeating the request help?", "Yes, later." if explanation.retryable else "No."),
        *((title, f"<pre><code>{escape(text)}</code></pre>") for title, text in examples.items() if text is not None),
    ]


def rules_page(platforms: Iterable[Platform]) -> DocumentPage:
    """Return a page that lists the rules of this service and of each platform."""
    sections = [
        _section("Every request", CATALOG),
        *(_section(platform.title, _of_platform(platform)) for platform in platforms),
        *(_section(f"{title}: never raised in this release", rules) for title, rules in PLANNED.items()),
    ]
    intro = (
        "<p>The ids that errors and warnings contain in <code>rule</code> or <code>code</code>. The meaning of an id "
        "never changes. An error about the value of a single field contains the path of the field instead.</p>"
    )
    return DocumentPage("Rules", intro + "".join(sections))


def _section(title: str, rules: Sequence[Rule | Explanation]) -> str:
    rows: list[tuple[str, ...]] = [
        (f'<a href="/docs/preflight/{rule_page(rule.id)}"><code>{escape(rule.id)}</code></a>', prose(rule.summary))
        for rule in sorted(rules, key=lambda rule: rule.id)
    ]
    return f"<h2>{escape(title)}</h2>{table(('Rule', 'Meaning'), rows)}"


def _limit(rule: Rule) -> str:
    number = f"{rule.limit:,}".replace(",", " ") if isinstance(rule.limit, int) else str(rule.limit)
    return f"{number} {rule.unit or ''}".strip()
