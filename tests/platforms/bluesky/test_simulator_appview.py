"""What followers see: fact sheet sections 3, 7 and 8."""

from typing import Any

from tests.platforms.bluesky.test_simulator import OTHER_RKEY, RKEY, World, post


def facet(start: int, end: int) -> dict[str, Any]:
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/"}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [link]}


def test_posts_are_listed_in_order_of_appearance() -> None:
    world = World()
    alice, bob = world.connect(), world.connect()
    alice.put(post("First"), OTHER_RKEY)
    world.advance(seconds=1)
    bob.put(post("Second", createdAt="2020-01-01T00:00:00Z"), RKEY)
    world.advance(seconds=1)
    alice.put(post("Third"), RKEY)
    assert [(seen.account_id, seen.text) for seen in world.posts()] == [
        (alice.did, "First"),
        (bob.did, "Second"),
        (alice.did, "Third"),
    ]


def test_post_shows_its_record_and_what_it_replies_to() -> None:
    world = World()
    user = world.connect()
    written = user.put(post("Question")).data
    world.advance(seconds=1)
    parent = {"uri": written["uri"], "cid": written["cid"]}
    record = post("Response", reply={"root": parent, "parent": parent})
    user.put(record, OTHER_RKEY)
    question, reply = world.posts()
    assert question.reply_to is None
    assert reply.reply_to == written["uri"] == question.uri
    assert (reply.uri, reply.created_at, reply.record) == (user.uri(OTHER_RKEY), record["createdAt"], record)


def test_overwritten_post_keeps_its_place() -> None:
    world = World()
    user = world.connect()
    user.put(post("First"), OTHER_RKEY)
    world.advance(seconds=1)
    user.put(post("Second"), RKEY)
    world.advance(seconds=1)
    user.put(post("First, edited"), OTHER_RKEY)
    assert [seen.text for seen in world.posts()] == ["First, edited", "Second"]


def test_facets_out_of_range_or_overlapping_are_accepted_but_hidden() -> None:
    """ "Grüße" has seven bytes."""
    user = World().connect()
    record = post("Grüße", facets=[facet(0, 3), facet(2, 5), facet(3, 7), facet(4, 8), facet(5, 5)])
    assert user.put(record).status == 200
    assert user.world.posts()[0].record["facets"] == [facet(0, 3), facet(3, 7)]
    assert user.read().data["value"] == record


def test_public_view_is_delayed() -> None:
    user = World().connect()
    user.put(post())
    assert user.world.get("app.bsky.feed.getPosts", uris=user.uri()).data == {"posts": []}
    user.world.advance(seconds=2)
    [view] = user.world.get("app.bsky.feed.getPosts", uris=user.uri()).data["posts"]
    assert (view["uri"], view["record"], view["author"]["handle"]) == (user.uri(), post(), user.handle)
    assert view["likeCount"] == view["replyCount"] == view["repostCount"] == view["quoteCount"] == 0


def test_unknown_posts_are_omitted() -> None:
    user = World().connect()
    user.put(post())
    user.world.advance(seconds=2)
    uris = [
        user.uri(OTHER_RKEY),
        user.uri(),
        "at://did:plc:missing/app.bsky.feed.post/3l6oveex3ii2l",
        "nonsense",
    ]
    query = [("uris", uri) for uri in uris]
    response = user.world.send("GET", "/xrpc/app.bsky.feed.getPosts", query=query)
    assert [view["uri"] for view in response.data["posts"]] == [user.uri()]


def test_1_to_25_posts_can_be_read() -> None:
    world = World()
    for count, status in ((0, 400), (25, 200), (26, 400)):
        query = [("uris", "at://did:plc:missing/app.bsky.feed.post/3l6oveex3ii2l")] * count
        assert world.send("GET", "/xrpc/app.bsky.feed.getPosts", query=query).status == status


def test_profile_describes_the_account() -> None:
    world = World()
    user = world.connect("flaky")
    profile = world.get("app.bsky.actor.getProfile", actor=user.did).data
    assert (profile["did"], profile["handle"]) == (user.did, user.handle)
    assert profile["displayName"] == "Sandbox account, scenario flaky"
    assert world.get("app.bsky.actor.getProfile", actor=user.handle).data == profile


def test_unknown_profile_is_rejected() -> None:
    response = World().get("app.bsky.actor.getProfile", actor="unknown.test")
    assert response.refusal == (400, "InvalidRequest", "Profile not found")
