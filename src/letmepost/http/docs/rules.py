"""The pages of the rules: of every id that an answer can name."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from letmepost.domain.refusals import REFUSALS, Refusal
from letmepost.domain.rules import Rule
from letmepost.http.docs.layout import definitions, page, prose, table
from letmepost.http.errors import rule_page
from letmepost.platforms.contract import Platform


def explained_rules(platforms: Iterable[Platform]) -> Mapping[str, Rule | Refusal]:
    """Every rule that an answer can name, by the name of its page."""
    every: list[Rule | Refusal] = list(REFUSALS)
    for platform in platforms:
        every += [*platform.rules, *platform.refusals]
    return {rule_page(rule.id): rule for rule in every}


def explanation_page(rule: Rule | Refusal) -> str:
    """What a rule says, where that is written, and what to do."""
    facts = [("What to do", prose(rule.remediation))]
    if isinstance(rule, Rule):
        if rule.limit is not None:
            facts.insert(0, ("Limit", escape(_limit(rule))))
        source = escape(rule.source_url)
        facts.append(("Source", f'<a href="{source}">{source}</a>, checked on {rule.checked_on}'))
    return page(rule.id, f"<p>{prose(rule.summary)}</p>{definitions(facts)}", is_code=True)


def rules_page(platforms: Iterable[Platform]) -> str:
    """Every rule: those of each platform, and those of this service."""
    sections = [
        _section("Every request", REFUSALS),
        *(_section(platform.title, (*platform.rules, *platform.refusals)) for platform in platforms),
    ]
    intro = (
        "<p>What a refusal or a warning names in <code>rule</code> or <code>code</code>. A rule's id never changes its"
        " meaning. What is wrong with a single field is named by the path of the field instead.</p>"
    )
    return page("Rules", intro + "".join(sections))


def _section(title: str, rules: Sequence[Rule | Refusal]) -> str:
    rows: list[tuple[str, ...]] = [
        (f'<a href="/docs/preflight/{rule_page(rule.id)}"><code>{escape(rule.id)}</code></a>', prose(rule.summary))
        for rule in sorted(rules, key=lambda rule: rule.id)
    ]
    return f"<h2>{escape(title)}</h2>{table(('Rule', 'What it says'), rows)}"


def _limit(rule: Rule) -> str:
    number = f"{rule.limit:,}".replace(",", " ") if isinstance(rule.limit, int) else str(rule.limit)
    return f"{number} {rule.unit or ''}".strip()
