"""The sources of the documentation site: navigation, generated pages, and what the build adds."""

import re
from pathlib import Path

import pytest

from letmepost.http.docs.build.finish import finish
from letmepost.http.docs.build.sources import write_sources
from letmepost.http.docs.site import Site
from letmepost.platforms import discover
from tests.readme import README

ROOT = README.parent


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, str]]]:
    place = tmp_path_factory.mktemp("sources")
    return place / "docs", write_sources(ROOT, place)


def test_navigation_lists_every_page_once(sources: tuple[Path, list[tuple[str, str]]]) -> None:
    docs, pages = sources
    listed = [file for _, file in pages]
    assert sorted(listed) == sorted(str(path.relative_to(docs)) for path in docs.rglob("*.md"))
    assert len(set(listed)) == len(listed)


def test_every_link_between_pages_leads_to_a_page(sources: tuple[Path, list[tuple[str, str]]]) -> None:
    docs, pages = sources
    for _, file in pages:
        prose = re.sub(r"^```.*?^```|`[^`\n]+`", "", (docs / file).read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        for link in re.findall(r"\]\(([^)#\s]+\.(?:md|svg))", prose):
            assert (docs / file).parent.joinpath(link).resolve().is_file(), (file, link)


@pytest.mark.parametrize("name", discover())
def test_page_of_a_network_lists_its_options_limits_and_settings(
    name: str, sources: tuple[Path, list[tuple[str, str]]]
) -> None:
    text = (sources[0] / f"networks/{name}.md").read_text("utf-8")
    platform = discover()[name]
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "Set it up"
    assert headings.count("What is not supported") == 1
    assert text.rpartition("## What is not supported\n\n")[2].partition("A request with any of")[0].strip()
    for rule in platform.rules:
        assert (f"[`{rule.id}`](" in text) == (rule.capability or rule.limit is not None), rule.id
    for option in platform.options.model_json_schema()["properties"]:
        assert (f"`options.{option}`" in text) == (option != "platform")
    for setting in platform.settings.model_fields:
        assert f"`LETMEPOST_{name.upper()}_{setting.upper()}`" in text
    for feature in platform.oauth.features if platform.oauth else ():
        assert f"| {feature} |" in text


def test_finished_site_allows_its_inline_scripts_and_lists_its_pages(tmp_path: Path) -> None:
    site, docs = tmp_path / "site", tmp_path / "docs"
    for folder in (site, docs / "networks"):
        folder.mkdir(parents=True)
    (site / "404.html").write_text("<script>first()</script><script src='x.js'></script>", "utf-8")
    (site / "sitemap.xml").write_text("<url>http://localhost/docs/</url>", "utf-8")
    (docs / "a.md").write_text("# A\n\nThe first sentence. The second one.\n", "utf-8")
    (docs / "networks/b.md").write_text("# B\n\n| a table |\n", "utf-8")
    finish(site, docs, [("Page A", "a.md"), ("Page B", "networks/b.md")])
    # printf 'first()' | openssl dgst -sha256 -binary | base64
    assert Site.open(site).inline_scripts == "'sha256-fDYmfWjvur9AxjhDbjHe6RvExc05MbXhhrbgz2vvy/A='"
    listed = (site / "llms.txt").read_text("utf-8")
    assert "- [Page A](/docs/a.md): The first sentence.\n- [Page B](/docs/networks/b.md)\n" in listed
    assert (site / "llms-full.txt").read_text("utf-8").startswith("# A\n\nThe first")
    assert (site / "networks/b.md").is_file()
    assert not (site / "sitemap.xml").exists()
