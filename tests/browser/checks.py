"""Checks of a page in a browser: what it loads, and barriers for people with disabilities."""

import json

from tests.browser.chromium import Tab

SCREENS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
"""Widths in CSS pixels, and color schemes."""


async def loaded_from_elsewhere(tab: Tab) -> list[str]:
    """Return the addresses of other hosts from which the page has loaded something."""
    loads = "performance.getEntriesByType('resource').map(entry => entry.name)"
    found: list[str] = await tab.ask(f"{loads}.filter(name => !name.startsWith(location.origin + '/'))")
    return found


async def barriers(tab: Tab, axe: str) -> list[str]:
    """Return the serious and critical findings of axe."""
    await tab.ask(f"{axe}; 0")
    run = "axe.run(document, {resultTypes: ['violations']}).then(found => JSON.stringify(found.violations))"
    reply = await tab.do("Runtime.evaluate", expression=run, returnByValue=True, awaitPromise=True)
    return [
        f"{found['id']}: {node['html'][:200]} {node['failureSummary']}"
        for found in json.loads(reply["result"]["value"])
        if found["impact"] in {"serious", "critical"}
        for node in found["nodes"]
    ]
