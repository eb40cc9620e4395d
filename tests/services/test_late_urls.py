"""Published posts whose URL the platform states later."""

from pathlib import Path

from letmepost.domain.flow import Flow, Live
from letmepost.gateways.http_client import HTTPClient
from letmepost.platforms.contract import ReadyPost
from tests.doubles.platform import put
from tests.services.desk import working
from tests.services.network import Network
from tests.storage.support import Admin, Owner

URL = "https://network.example/1"


def publish(post: ReadyPost, _settings: object) -> Flow[None]:
    uri = yield from put(post, "post", post.content.text)
    for url in (None, URL, "https://network.example/2"):
        yield Live(uri=uri, url=url)


async def test_later_report_adds_the_url_once_without_another_event(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    async with working(owner, network, admin, http, redis_url, tmp_path, publish=publish) as desk:
        await desk.post()
        row = await desk.publish()
        assert (row["status"], row["url"]) == ("published", URL)
        assert await desk.events() == ["post.published"]
