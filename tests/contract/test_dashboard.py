"""The Grafana dashboard of docs/ shows metrics that exist."""

import json
import re

from letmepost.gateways import prometheus
from tests.readme import README

DASHBOARD = json.loads((README.parent / "docs/monitoring/dashboard.json").read_text(encoding="utf-8"))
SOURCE = (README.parent / f"src/{prometheus.__name__.replace('.', '/')}.py").read_text(encoding="utf-8")


def test_every_metric_of_the_dashboard_exists() -> None:
    expressions = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    shown = {name for expression in expressions for name in re.findall(r"letmepost_\w+", expression)}
    exported = set(re.findall(r'"(letmepost_\w+)"', SOURCE))
    assert {re.sub(r"_(?:total|bucket|count)$", "", name) for name in shown} <= exported


def test_panels_do_not_overlap() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places) == len({panel["id"] for panel in DASHBOARD["panels"]})
