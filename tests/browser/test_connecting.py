"""Connecting accounts in a real browser: with mouse and keyboard, on small and on dark screens."""

import httpx2
import pytest

from letmepost.platforms import discover
from tests.browser.checks import SCREENS, barriers
from tests.browser.chromium import Browser, Tab
from tests.browser.support import Site
from tests.deployment import OPERATOR_TOKEN, SANDBOX_TOKEN
from tests.doubles import federated
from tests.doubles.consenting import NAME
from tests.doubles.waiting import PATIENCE_S

TYPED = next(name for name, platform in discover().items() if platform.connect_input is not None)
BY_CONSENT = {name: platform.oauth for name, platform in sorted(discover().items()) if platform.oauth is not None}


async def test_person_chooses_among_the_accounts_of_one_consent(site: Site, tab: Tab) -> None:
    made = await site.session(externalUserId="user-42")
    await tab.go(made["url"])
    await tab.reads("Connect an account")
    await tab.shoot("1-pick")
    await tab.press(NAME.title())
    await tab.reads(f"Continue to {NAME.title()}")
    await tab.shoot("2-consent")
    await tab.press(f"Continue to {NAME.title()}")
    await tab.reads("Double asks")
    await tab.press("Allow three accounts")
    await tab.reads("Choose accounts")
    await tab.press("Alice")
    await tab.press("Carol")
    await tab.shoot("3-choose")
    await tab.press("Connect")
    await tab.reads("Welcome back")
    await tab.reads("status: connected")
    outcome = await site.outcome(made)
    assert (outcome["status"], len(outcome["accountIds"])) == ("connected", 2)
    assert len((await site.client.get("/v1/accounts?externalUserId=user-42")).json()["data"]) == 2


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_person_chooses_one_of_two_pages(site: Site, tab: Tab, width: int, *, dark: bool) -> None:
    made = await site.session(platform="facebook")
    await tab.look(width=width, height=900, dark=dark)
    await tab.go(made["url"])
    await tab.press("Continue to Facebook")
    await tab.press("Allow everything for two Pages")
    await tab.reads("Choose accounts")
    names = await tab.ask("[...document.querySelectorAll('label')].map(one => one.innerText).join('|')")
    await tab.press(names.split("|")[1])
    await tab.shoot(f"3-pages-{'dark' if dark else 'light'}-{width}")
    assert await tab.ask("document.documentElement.scrollWidth <= window.innerWidth")
    await tab.press("Connect")
    await tab.reads("status: connected")
    [account_id] = (await site.outcome(made))["accountIds"]
    account = (await site.client.get(f"/v1/accounts/{account_id}")).json()
    assert account["displayName"] in names.split("|")[1]


async def test_person_returns_after_denying_the_consent(site: Site, tab: Tab) -> None:
    made = await site.session(platform=NAME)
    await tab.go(made["url"])
    await tab.press(f"Continue to {NAME.title()}")
    await tab.press("Deny")
    await tab.reads("status: cancelled")
    assert (await site.outcome(made))["status"] == "cancelled"


async def test_person_connects_with_the_keyboard_only(site: Site, tab: Tab) -> None:
    made = await site.session(platform=NAME)
    await tab.go(made["url"])
    await tab.reads(f"Continue to {NAME.title()}")
    await tab.key("Tab")
    assert await tab.ask("document.activeElement.innerText") == f"Continue to {NAME.title()}"
    await tab.shoot("4-focus")
    await tab.key("Enter")
    await tab.reads("Double asks")
    await tab.key("Tab")
    await tab.key("Enter")
    await tab.reads("status: connected")


async def test_person_corrects_wrong_input(site: Site, tab: Tab) -> None:
    made = await site.session(platform=TYPED)
    given = await credentials(site)
    await tab.look(width=390, height=900)
    await tab.go(made["url"])
    await tab.reads("Connect")
    await tab.shoot("5-typed")
    for name, value in given.items():
        await tab.write(name, "not a name" if name == "identifier" else value)
    await tab.press("Connect")
    await tab.reads("The account could not be connected")
    await tab.shoot("6-wrong")
    assert await tab.ask("document.title.startsWith('Error')")
    assert await tab.ask("document.querySelector('[aria-invalid=true]').id") == "identifier"
    assert await tab.ask("[...document.querySelectorAll('input[type=password]')].every(one => one.value === '')")
    for name, value in given.items():
        await tab.write(name, value)
    await tab.press("Connect")
    await tab.reads("status: connected")


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
async def test_person_in_test_mode_enters_the_credentials_that_the_page_shows(
    site: Site, tab: Tab, axe: str, width: int, scheme: str
) -> None:
    made = await site.session(platform=TYPED)
    await tab.look(width=width, height=900, dark=scheme == "dark")
    await tab.go(made["url"])
    await tab.reads("enter the credentials of this simulated account")
    await tab.shoot(f"5-samples-{width}-{scheme}")
    assert await barriers(tab, axe) == []
    assert await tab.ask("document.documentElement.scrollWidth <= window.innerWidth")
    samples = await tab.ask("[...document.querySelectorAll('.note dd')].map(one => one.innerText)")
    fields = await tab.ask("[...document.querySelectorAll('.field input')].map(one => one.name)")
    for name, value in zip(fields, samples, strict=False):
        await tab.write(name, value)
    await tab.press("Connect")
    await tab.reads("status: connected")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_person_enters_the_server_of_the_account(site: Site, tab: Tab, width: int, *, dark: bool) -> None:
    made = await site.session(platform=federated.NAME)
    await tab.look(width=width, height=900, dark=dark)
    await tab.go(made["url"])
    await tab.reads("Server")
    name = f"server-{'dark' if dark else 'light'}-{width}"
    await tab.shoot(f"6-{name}")
    await tab.write("server", "not a name")
    await tab.press("Continue to your server")
    await tab.reads("The account could not be connected")
    await tab.shoot(f"6-{name}-wrong")
    assert await tab.ask("document.querySelector('[aria-invalid=true]').id") == "server"
    assert await tab.ask("document.querySelector('[aria-invalid=true]').value") == "not a name"
    assert await tab.ask("document.documentElement.scrollWidth <= window.innerWidth")
    await tab.write("server", "one.example")
    await tab.press("Continue to")
    await tab.reads("Double asks")
    await tab.press("Allow one account")
    await tab.reads("status: connected")
    [account_id] = (await site.outcome(made))["accountIds"]
    account = (await site.client.get(f"/v1/accounts/{account_id}")).json()
    assert account["handle"] == "alice@one.example"


async def credentials(site: Site) -> dict[str, str]:
    """Return the credentials of a simulated account."""
    url = f"{site.deployment.sandbox_url}/control/{site.organization_id}/{TYPED}/accounts"
    headers = {"authorization": f"Bearer {SANDBOX_TOKEN}"}
    async with httpx2.AsyncClient(headers=headers, timeout=PATIENCE_S) as control:
        given: dict[str, str] = (await control.post(url, json={"scenario": "ok"})).json()["connectInput"]
    return given


@pytest.mark.parametrize("width", [320, 900])
async def test_every_page_fits_a_dark_screen(site: Site, tab: Tab, width: int) -> None:
    operator = {"authorization": f"Bearer {OPERATOR_TOKEN}"}
    path = f"/v1/organizations/{site.organization_id}"
    brand = {"name": "Bäckerei Sonnenschein am Alten Marktplatz", "color": "#ffcc00"}
    await site.deployment.http.patch(path, json={"brand": brand}, headers=operator)
    made = await site.session()
    await tab.look(width=width, height=700, dark=True)
    for name, page in (
        ("pick", ""),
        ("typed", f"?platform={TYPED}"),
        ("consent", f"?platform={NAME}"),
        ("server", f"?platform={federated.NAME}"),
    ):
        await tab.go(made["url"] + page)
        await tab.reads("Connect")
        await tab.shoot(f"7-dark-{name}-{width}")
        assert await tab.ask("document.documentElement.scrollWidth <= window.innerWidth")
    await site.deployment.http.patch(path, json={"brand": None}, headers=operator)


async def test_every_field_has_a_label_and_no_other_resource_is_loaded(site: Site, tab: Tab) -> None:
    made = await site.session(platform=TYPED)
    await tab.go(made["url"])
    await tab.reads("Connect")
    assert await tab.ask(
        "[...document.querySelectorAll('input:not([type=hidden])')].every(one => one.labels.length === 1)"
    )
    assert await tab.ask("document.querySelectorAll('h1').length === 1 && document.documentElement.lang === 'en'")
    assert await tab.ask("performance.getEntriesByType('resource').length === 0")
    assert await tab.ask("document.cookie") == "", "scripts cannot read the cookie"


async def test_another_browser_cannot_continue(site: Site, tab: Tab, browser: Browser) -> None:
    made = await site.session(platform=NAME)
    await tab.go(made["url"])
    await tab.press(f"Continue to {NAME.title()}")
    await tab.reads("Double asks")
    other = await browser.tab()
    await other.go(made["url"])
    await other.reads("connect.other_browser")
    await other.shoot("8-other-browser")
    allowed = await tab.ask("[...document.links].find(one => one.innerText === 'Allow one account').href")
    await other.go(allowed)
    await other.reads("connect.other_browser")
    await tab.press("Allow one account")
    await tab.reads("status: connected")
    await tab.go(made["url"])
    await tab.reads("Welcome back")


@pytest.mark.parametrize("name", BY_CONSENT)
async def test_every_simulated_platform_can_be_connected(site: Site, tab: Tab, name: str) -> None:
    made = await site.session(platform=name)
    await tab.go(made["url"])
    if BY_CONSENT[name].servers is not None:
        await tab.write("server", "social.example")
    await tab.press("Continue to")
    await tab.sees("document.readyState === 'complete' && !location.pathname.startsWith('/connect/')")
    await tab.shoot(f"9-{name}")
    await tab.press(await tab.ask("document.querySelector('.choices a').innerText"))
    await tab.reads("status: connected")
    assert (await site.outcome(made))["status"] == "connected"
