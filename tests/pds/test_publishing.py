"""Texts, references and threads, as a real server stores them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from letmepost.domain.text import count_graphemes
from letmepost.gateways.clock import SystemClock
from tests.authors import is_status
from tests.deployment import Client
from tests.pds.authors import Author, connect
from tests.pds.network import APP_URL, POST, Network, Person

FACET = "app.bsky.richtext.facet"


def marked(record: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return what the facets mark, cut out of the text by UTF-8 bytes as readers do, with its type."""
    text = record["text"].encode()
    found = []
    for facet in record["facets"]:
        [feature] = facet["features"]
        found.append((text[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(), feature))
    return found


async def test_post_is_on_the_server_word_for_word(author: Author, network: Network) -> None:
    began_at = SystemClock().now()
    result = await author.publish("Hello, Bluesky!", options={"langs": ["en", "pt-BR"]})
    record = await network.record(result["uri"])
    assert record["cid"] == result["cid"]
    value = record["value"]
    assert value["$type"] == POST
    assert value["text"] == "Hello, Bluesky!"
    assert value["langs"] == ["en", "pt-BR"]
    assert set(value) == {"$type", "text", "createdAt", "langs"}
    assert began_at - timedelta(seconds=1) <= datetime.fromisoformat(value["createdAt"]) <= SystemClock().now()
    rkey = result["uri"].rpartition("/")[2]
    assert result["uri"] == f"at://{author.person.did}/{POST}/{rkey}"
    assert result["url"] == f"{APP_URL}/profile/{author.person.did}/post/{rkey}"


async def test_emoji_do_not_shift_facets(author: Author, network: Network, bob: Person) -> None:
    text = f"Grüße 👩‍👩‍👧 an @{bob.handle}: (https://example.org/a?b=1). 🇩🇪 #Über, #️⃣ #1 und @unknown-handle.test 🎉"
    result = await author.publish(text)
    value = await network.value(result["uri"])
    assert value["text"] == text
    assert marked(value) == [
        (f"@{bob.handle}", {"$type": f"{FACET}#mention", "did": bob.did}),
        ("https://example.org/a?b=1", {"$type": f"{FACET}#link", "uri": "https://example.org/a?b=1"}),
        ("#Über", {"$type": f"{FACET}#tag", "tag": "Über"}),
    ]
    assert [warning["code"] for warning in result["warnings"]] == ["bluesky.mention.unresolved"]


async def test_three_hundred_graphemes_of_three_thousand_bytes_are_accepted(author: Author, network: Network) -> None:
    text = "👨‍🚀" * 268 + "ab" * 14 + "éééé"  # 11 bytes each, then 28 and 8
    assert len(text.encode()) == 2984
    result = await author.publish(text)
    assert (await network.value(result["uri"]))["text"] == text


@pytest.mark.parametrize(
    "cluster", ["e\u0301", "각", "\u1100\u1161", "क्ष", "กำ", "🇩🇪", "👍🏽", "❤️", "#️⃣", "\r\n", "a\u200d", "\u0600a"]
)
async def test_server_counts_the_same_graphemes(cluster: str, alice: Person, network: Network) -> None:
    assert count_graphemes(cluster * 301) == 301
    record = {"$type": POST, "createdAt": "2026-11-21T10:00:00.000Z"}
    body = {"repo": alice.did, "collection": POST}
    statuses = []
    for count in (300, 301):
        full = {**body, "record": {**record, "text": cluster * count}}
        reply = await network.call("POST", "com.atproto.repo.createRecord", token=alice.token, json=full)
        statuses.append(reply.status_code)
    assert statuses == [200, 400]


async def test_link_card_is_shown_as_sent(author: Author, network: Network) -> None:
    card = {"url": "https://example.org/article", "title": "An article", "description": "About something"}
    result = await author.publish("Read this", options={"linkCard": card})
    embed = (await network.value(result["uri"]))["embed"]
    external = {"uri": card["url"], "title": card["title"], "description": card["description"]}
    assert embed == {"$type": "app.bsky.embed.external", "external": external}


async def test_quote_refers_to_the_version_that_is_quoted(author: Author, network: Network) -> None:
    quoted = await author.publish("Quote me")
    reference = {"uri": quoted["uri"], "cid": quoted["cid"]}
    result = await author.publish("As I said", options={"quote": reference})
    embed = (await network.value(result["uri"]))["embed"]
    assert embed == {"$type": "app.bsky.embed.record", "record": reference}


async def test_reply_to_a_reply_keeps_the_root(client: Client, author: Author, bob: Person, network: Network) -> None:
    other = await connect(client, bob)
    root = place(await author.publish("Root"))
    first = place(await other.publish("Reply", options={"replyTo": root}))
    second = place(await author.publish("Reply to the reply", options={"replyTo": first}))
    assert (await network.value(first["uri"]))["reply"] == {"root": root, "parent": root}
    assert (await network.value(second["uri"]))["reply"] == {"root": root, "parent": first}


async def test_reply_to_a_missing_post_is_rejected(author: Author) -> None:
    gone = {"uri": f"at://{author.person.did}/{POST}/3l5aaaaaaaa2a", "cid": place(await author.publish("Here"))["cid"]}
    result = await author.result("Where?", options={"replyTo": gone})
    assert result["status"] == "rejected"
    assert result["error"]["rule"] == "bluesky.reply_to.not_found"


async def test_thread_is_a_chain_and_its_comment_a_reply_to_the_first_post(author: Author, network: Network) -> None:
    result = await author.publish(
        "One",
        thread=[{"text": "Two #tag"}, {"text": "Three"}],
        firstComment={"text": "A comment: https://example.org"},
        options={"threadgate": {"allow": ["mentioned"]}, "langs": ["en"]},
    )
    post = await author.post_when(result["postId"], lambda post: "firstCommentUri" in post)
    first, second, third = place(result), *map(place, post["threadResults"])
    comment = await network.record(post["firstCommentUri"])
    parts = [await network.value(part["uri"]) for part in (first, second, third)]
    assert [part["text"] for part in parts] == ["One", "Two #tag", "Three"]
    assert [part.get("reply") for part in parts] == [
        None,
        {"root": first, "parent": first},
        {"root": first, "parent": second},
    ]
    assert comment["value"]["reply"] == {"root": first, "parent": first}
    assert marked(parts[1]) == [("#tag", {"$type": f"{FACET}#tag", "tag": "tag"})]
    assert [mark for mark, _ in marked(comment["value"])] == ["https://example.org"]
    series = [*parts, comment["value"]]
    assert all(value["langs"] == ["en"] for value in series)
    moments = [datetime.fromisoformat(value["createdAt"]) for value in series]
    assert moments == sorted(set(moments))
    keys = [uri.rpartition("/")[2] for uri in (first["uri"], second["uri"], third["uri"], comment["uri"])]
    assert keys == sorted(set(keys))
    gate = await network.value(first["uri"].replace(POST, "app.bsky.feed.threadgate"))
    assert gate["post"] == first["uri"]
    assert gate["allow"] == [{"$type": "app.bsky.feed.threadgate#mentionRule"}]


async def test_scheduled_post_is_published_at_its_time(author: Author, network: Network) -> None:
    due_at = SystemClock().now() + timedelta(seconds=4)
    response = await author.submit("Later", scheduledAt=due_at.isoformat())
    [result] = response["results"]
    assert (response["status"], result["status"]) == ("queued", "queued")
    assert "Later" not in await texts(network, author.person)
    post = await author.post_when(result["postId"], is_status("published"))
    assert datetime.fromisoformat(post["publishedAt"]) >= due_at
    value = await network.value(post["platformUri"])
    assert value["text"] == "Later"
    assert datetime.fromisoformat(value["createdAt"]) >= due_at.replace(microsecond=due_at.microsecond // 1000 * 1000)


async def test_posts_of_one_account_appear_in_the_order_in_which_they_were_sent(
    author: Author, network: Network
) -> None:
    names = [f"number {number}" for number in range(5)]
    post_ids = [await author.queue(name) for name in names]
    for post_id in post_ids:
        await author.post_when(post_id, is_status("published"))
    assert [text for text in await texts(network, author.person) if text in names] == names


def place(result: dict[str, Any]) -> dict[str, str]:
    """Return the URI and the version of the post in a result."""
    return {"uri": result["uri"], "cid": result["cid"]}


async def texts(network: Network, person: Person) -> list[str]:
    """Return what followers of an account read, oldest first."""
    return [record["value"]["text"] for record in await network.posts(person)]
