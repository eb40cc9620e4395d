"""One network of a world, as its pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from letmepost.domain.sandbox_pages import TIMELINE_PATH, account_path, page_id, post_path
from letmepost.platforms.contract import Platform
from letmepost.platforms.simulation import SimulatedPost, SimulatedProfile, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A post with the posts above it, oldest first, and every reply below it, oldest first."""

    above: Sequence[SimulatedPost]
    post: SimulatedPost
    below: Sequence[SimulatedPost]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkView:
    """What followers see of a network, and the addresses of its pages.

    Args:
        root: the path of the simulator.
        world_url: the address of the page that lists the networks.
        query: what links between pages end with: nothing, or the signature.
        posts: oldest first.
        profiles: by `account_id`.
    """

    title: str
    color: str
    scenarios: Mapping[str, str]
    root: str
    world_url: str
    query: str
    posts: Sequence[SimulatedPost]
    profiles: Mapping[str, SimulatedProfile]

    @classmethod
    def of(cls, platform: Platform, state: State, *, world: str, query: str) -> "NetworkView":
        """Return the network of a platform as it is now."""
        simulator = platform.simulator
        return cls(
            title=platform.title,
            color=simulator.color,
            scenarios=simulator.scenarios,
            root=f"/{world}/{platform.name}",
            world_url=f"/{world}{TIMELINE_PATH}{query}",
            query=query,
            posts=simulator.posts(state),
            profiles={profile.account_id: profile for profile in simulator.profiles(state)},
        )

    @property
    def url(self) -> str:
        """The address of the timeline."""
        return f"{self.root}{TIMELINE_PATH}{self.query}"

    @property
    def version(self) -> str:
        """A text that differs if followers see something else."""
        return sha256(repr(self.posts).encode(errors="surrogatepass")).hexdigest()[:16]

    @property
    def live_url(self) -> str:
        """The address of the events that report changes of what is shown now."""
        return f"{self.root}{TIMELINE_PATH}live{self.query}{'&' if self.query else '?'}seen={self.version}"

    def post_url(self, post: SimulatedPost) -> str:
        """Return the address of the page of a post."""
        return f"{self.root}{post_path(post.uri)}{self.query}"

    def media_url(self, post: SimulatedPost, index: int) -> str:
        """Return the address of the bytes of a media item of a post."""
        return f"{self.root}{post_path(post.uri)}/media/{index}{self.query}"

    def media_parts(self, wanted: str, index: int) -> Sequence[str]:
        """Return the names of the stored bytes of a media item of the post with this page id, or nothing."""
        items = next((post.media for post in self.posts if page_id(post.uri) == wanted), ())
        return items[index].parts if index < len(items) else ()

    def profile_url(self, account_id: str) -> str:
        """Return the address of the page of an account."""
        return f"{self.root}{account_path(account_id)}{self.query}"

    def profile(self, account_id: str) -> SimulatedProfile:
        """Return the profile of an account. An account that was deleted has only its id."""
        return self.profiles.get(account_id) or SimulatedProfile(account_id=account_id)

    def find_account(self, wanted: str) -> SimulatedProfile | None:
        """Return the account with this page id; None if there is none and no post has it as its author."""
        known = (*self.profiles, *(post.account_id for post in self.posts))
        found = next((account_id for account_id in known if page_id(account_id) == wanted), None)
        return None if found is None else self.profile(found)

    def find_conversation(self, wanted: str) -> Conversation | None:
        """Return the post with this page id and its conversation; None if followers see no such post."""
        post = next((post for post in self.posts if page_id(post.uri) == wanted), None)
        return None if post is None else Conversation(above=self._above(post), post=post, below=self._below(post))

    def _above(self, post: SimulatedPost) -> list[SimulatedPost]:
        by_uri = {one.uri: one for one in self.posts}
        found, seen = list[SimulatedPost](), {post.uri}
        parent = by_uri.get(post.reply_to or "")
        while parent is not None and parent.uri not in seen:
            found.insert(0, parent)
            seen.add(parent.uri)
            parent = by_uri.get(parent.reply_to or "")
        return found

    def _below(self, post: SimulatedPost) -> list[SimulatedPost]:
        found, shown = list[SimulatedPost](), {post.uri}
        for reply in self.posts:  # a reply is newer than the post that it replies to
            if reply.reply_to in shown and reply.uri not in shown:
                found.append(reply)
                shown.add(reply.uri)
        return found
