"""The Grafana dashboard of docs/ queries metrics and labels that the service exports."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from letmepost.cli.dev.processes import free_port
from letmepost.gateways.metrics import QueueState
from letmepost.gateways.prometheus import PrometheusMetrics
from tests.doubles.waiting import PATIENCE_S
from tests.readme import ROOT

DASHBOARD = json.loads((ROOT / "docs/monitoring/dashboard.json").read_text(encoding="utf-8"))
EXPRESSIONS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
FUNCTIONS = {"by", "histogram_quantile", "max", "rate", "sum"}


@pytest.fixture(scope="module")
async def exported() -> Mapping[str, Collection[str]]:
    """The names of all samples that a process exports after one event of each kind, and their labels."""
    port = free_port()
    metrics = PrometheusMetrics(port)
    metrics.request_answered("GET", "/v1/posts", 200, 0.1)
    metrics.request_not_limited()
    metrics.post_claimed(0.1)
    metrics.post_tried("x", "published", is_end=True)
    metrics.platform_called("x", 200, 0.1)
    metrics.delivery_tried("delivered")
    metrics.media_pulled(200, 1)

    async def read_queue() -> QueueState:
        return QueueState(posts={"queued": 1}, oldest_overdue_s=0)

    async with metrics.served(read_queue), httpx2.AsyncClient(timeout=PATIENCE_S) as client:
        text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    found: defaultdict[str, set[str]] = defaultdict(set)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] |= sample.labels.keys()
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_panel_queries_a_metric_and_labels_that_exist(expression: str, exported: Mapping[str, Collection[str]]) -> None:
    bare = re.sub(r"\[\w+\]", "", expression)
    [grouped] = re.findall(r"\bby \(([^)]+)\)", bare) or [""]
    [(metric, _, selected)] = re.findall(r"\b(letmepost_\w+)(\{(\w+)[^}]*\})?", bare)
    labels = {*re.findall(r"\w+", grouped), *({selected} if selected else ())}
    assert metric in exported
    assert labels.issubset(exported[metric])
    words = set(re.findall(r"[a-z_]+", re.sub(r"\{[^}]*\}", "", bare)))
    assert words <= FUNCTIONS | {metric} | labels, "every other word is a function of PromQL"


def test_panels_do_not_overlap() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places) == len({panel["id"] for panel in DASHBOARD["panels"]})
