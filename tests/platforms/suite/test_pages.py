"""The URL of a published test post: a page of the sandbox that shows what followers see, on every platform."""

from html import unescape

from letmepost.domain.flow import Live
from letmepost.domain.sandbox_pages import SandboxLinks, page_id
from letmepost.sandbox.pages.conversations import find_conversation
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
    conversation = find_conversation(worker.posts(), announced.url.rpartition("/")[2])
    assert conversation is not None
    page = render(
        "post.html",
        "nonce",
        conversation=conversation,
        network=suite.platform.title,
        world_url="/",
        timeline_url="/",
        url_of=lambda post: f"/{page_id(post.uri)}",
    )
    shown = unescape(bytes(page.body).decode())
    assert all(text in shown for text in texts_of(content))
    assert [conversation.post.text, *(post.text for post in conversation.below)] == texts_of(content)
