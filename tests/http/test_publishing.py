"""A post, from the request to what followers see."""

from tests.deployment import Deployment


async def test_a_post_is_published_and_the_answer_says_where(deployment: Deployment) -> None:
    client = await deployment.client()
    account_id = await client.sandbox_account()
    reply = await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    assert reply.status_code == 200, reply.text
    [result] = reply.json()["results"]
    assert result["status"] == "published"
    [seen] = (await client.get(f"/v1/sandbox/{result['platform']}/posts")).json()["data"]
    assert seen["uri"] == result["uri"]
    assert seen["text"] == "Hello"
