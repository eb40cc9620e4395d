"""Finds the posts that a page shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from letmepost.domain.sandbox_pages import page_id
from letmepost.platforms.simulation import SimulatedPost


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A post with the posts above it, oldest first, and every reply below it, oldest first."""

    above: Sequence[SimulatedPost]
    post: SimulatedPost
    below: Sequence[SimulatedPost]


def find_conversation(posts: Sequence[SimulatedPost], wanted: str) -> Conversation | None:
    """Return the post with this page id and its conversation; None if followers see no such post.

    Args:
        posts: the visible posts of a network, oldest first.
        wanted: the `page_id` of the post.
    """
    by_uri = {post.uri: post for post in posts}
    post = next((post for post in posts if page_id(post.uri) == wanted), None)
    if post is None:
        return None
    above, seen = list[SimulatedPost](), {post.uri}
    parent = by_uri.get(post.reply_to or "")
    while parent is not None and parent.uri not in seen:
        above.insert(0, parent)
        seen.add(parent.uri)
        parent = by_uri.get(parent.reply_to or "")
    below, shown = list[SimulatedPost](), {post.uri}
    for reply in posts:  # a reply is newer than the post that it replies to
        if reply.reply_to in shown and reply.uri not in shown | seen:
            below.append(reply)
            shown.add(reply.uri)
    return Conversation(above=above, post=post, below=below)
