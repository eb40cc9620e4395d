"""Links to the pages of test posts: of one organization, signed, at the public address of the sandbox."""

from html import unescape
from urllib.parse import urlsplit

import httpx2

from tests.deployment import OPERATOR_TOKEN
from tests.doubles.waiting import PATIENCE_S
from tests.http.support import PLATFORM, Tenant, make_tenant


async def publish(tenant: Tenant, text: str, **more: object) -> str:
    """Publish a post, and return its URL."""
    body = {"targets": [{"accountId": await tenant.client.sandbox_account()}], "text": text, **more}
    reply = await tenant.client.post("/v1/posts", body)
    [result] = reply.json()["results"]
    assert result["status"] == "published", result
    url: str = result["url"]
    assert (await tenant.client.get(f"/v1/posts/{result['postId']}")).json()["url"] == url
    return url


async def browse(url: str) -> httpx2.Response:
    async with httpx2.AsyncClient(timeout=PATIENCE_S) as browser:
        return await browser.get(url)


async def test_url_of_a_test_post_opens_its_page_and_none_of_another_organization(tenant: Tenant) -> None:
    other = await make_tenant(tenant.deployment, tenant.admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})
    url = await publish(tenant, "Hello <b>world</b>", thread=[{"text": "The second part"}])
    of_other = await publish(other, "Not for you")
    assert url.startswith(f"{tenant.deployment.sandbox_url}/{tenant.id}/{PLATFORM}/-/posts/")
    page = await browse(url)
    assert page.status_code == 200, page.text
    assert "Hello <b>world</b>" in unescape(page.text)
    assert "The second part" in page.text
    own, foreign = urlsplit(url), urlsplit(of_other)
    for path, query in ((foreign.path, own.query), (foreign.path, ""), (f"/{other.id}/-/", own.query)):
        refused = await browse(f"{tenant.deployment.sandbox_url}{path}?{query}")
        assert refused.status_code == 403
        assert "Not for you" not in refused.text
