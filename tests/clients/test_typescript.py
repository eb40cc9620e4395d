"""A TypeScript client, with the types that `openapi-typescript` generates and `openapi-fetch`."""

from pathlib import Path

from letmepost.platforms import discover
from tests.clients.conftest import Site, run
from tests.deployment import Client

PLATFORM = next(iter(discover()))


async def test_generated_client_publishes_uploads_and_verifies(
    site: Site, client: Client, tools: Path, picture: Path
) -> None:
    await run("node", "generate.mjs", f"{site.url}/openapi.json", "schema.ts", directory=tools)
    await run(tools / "node_modules/.bin/tsc", "--project", "tsconfig.json", directory=tools)
    printed = await run("node", "dist/client.js", site.url, client.key, PLATFORM, picture, directory=tools)
    post = (await client.get(f"/v1/posts/{printed.strip()}")).json()
    assert (post["status"], post["text"]) == ("published", "Hello from TypeScript")
    assert [item["altText"] for item in post["mediaRefs"]] == ["A red picture"]
