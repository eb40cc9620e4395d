"""The URL of a published test post: a page of the sandbox that shows what followers see, on every platform."""

from html import unescape

from letmepost.domain.flow import Live
from letmepost.domain.sandbox_pages import SandboxLinks, page_id
from letmepost.platforms.simulation import no_profiles
from letmepost.sandbox.pages.network import NetworkView
from letmepost.sandbox.pages.rendering import render
from tests.doubles.worker import Worker
from tests.platforms.suite.description import PlatformSuite, texts_of
from tests.platforms.suite.suites import each_example

LINKS = SandboxLinks(root="http://sandbox.test/org_1/network", world="org_1", key=None)


@each_example
def test_url_of_every_post_is_a_page_with_its_text_and_thread(suite: PlatformSuite, name: str) -> None:
    content, worker = suite.posts()[name], Worker(platform=suite.platform)
    worker.connect("ok")
    assert worker.work(worker.ready(worker.account, **content)) == "published"
    worker.advance(hours=1)
    live = next(what for what in worker.announced if isinstance(what, Live))
    announced = LINKS.replace_urls(live, worker.now)
    assert isinstance(announced, Live)
    assert announced.url == f"http://sandbox.test/org_1/network/-/posts/{page_id(live.uri)}"
    network = NetworkView.of(suite.platform, worker.state, world="org_1", query="")
    conversation = network.find_conversation(announced.url.rpartition("/")[2])
    assert conversation is not None
    assert [conversation.post.text, *(post.text for post in conversation.below)] == texts_of(content)
    page = render("post.html", "nonce", network=network, conversation=conversation)
    shown = unescape(bytes(page.body).decode())
    assert all(text in shown for text in texts_of(content))
    items = [*content.get("media", ()), *(item for part in content.get("thread", ()) for item in part.media)]
    seen = [item for post in (conversation.post, *conversation.below) for item in post.media]
    if suite.platform.simulator.profiles is not no_profiles:
        assert [item.kind for item in seen] == ["image" if item.kind == "gif" else item.kind for item in items]
        assert shown.count('<span class="kind">') == len(items)
    if suite.platform.simulator.profiles is not no_profiles:
        author = network.profiles[conversation.post.account_id]
        assert f"{author.name or author.handle}</bdi>" in shown
