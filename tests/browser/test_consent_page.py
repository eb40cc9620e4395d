"""The consent page of the simulated platforms: on small, large, light and dark screens, and with the keyboard."""

from base64 import b64encode

import pytest

from letmepost.platforms._kit.simulator.oauth.consent_page import consent_page, error_page
from tests.browser.chromium import Tab

SCOPES = tuple(f"permission_with_a_long_name_{number}" for number in range(6))
LINKS = [(f"choice-{number}", f"Allow as the account number {number}", f"#{number}") for number in range(3)]
PAGES = {
    "choices": consent_page("Example", f"{'long-' * 12}name.example", SCOPES, LINKS),
    "error": error_page("Example", "client_id is unknown: 'nobody'"),
}

LOW_CONTRASTS = """
(() => {
  const channels = color => color.match(/[\\d.]+/g).map(Number);
  const light = color => channels(color).slice(0, 3).map(one => one / 255)
    .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = one => (channels(getComputedStyle(one).backgroundColor)[3] ?? 1) > 0 ? one : behind(one.parentElement);
  const ratio = one => {
    const [low, high] = [getComputedStyle(one).color, getComputedStyle(behind(one)).backgroundColor]
      .map(light).sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  return [...document.querySelectorAll('h1, p, li, a')].filter(one => ratio(one) < 4.5).map(one => one.innerText);
})()
"""
"""The texts with a contrast below that of WCAG 2.2 level AA (success criterion 1.4.3)."""


async def go(tab: Tab, page: str) -> None:
    await tab.go(f"data:text/html;base64,{b64encode(PAGES[page].encode()).decode()}")


@pytest.mark.parametrize("page", sorted(PAGES))
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_page_fits_the_screen_and_is_legible(tab: Tab, page: str, width: int, scheme: str) -> None:
    await tab.look(width=width, height=844, dark=scheme == "dark")
    await go(tab, page)
    await tab.shoot(f"simulated-{page}-{width}-{scheme}")
    assert await tab.ask("document.documentElement.scrollWidth") == width
    assert await tab.ask(LOW_CONTRASTS) == []


async def test_choices_are_large_enough_to_touch_and_in_the_order_of_the_keyboard(tab: Tab) -> None:
    await tab.look(width=390, height=844)
    await go(tab, "choices")
    assert await tab.ask("[...document.links].every(one => one.getBoundingClientRect().height >= 44)")
    for name, _, _ in LINKS:
        await tab.key("Tab")
        assert await tab.ask("document.activeElement.id") == name
        assert await tab.ask("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    await tab.shoot("simulated-focus")
