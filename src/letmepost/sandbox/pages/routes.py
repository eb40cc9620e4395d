"""The pages of networks: the timeline, an account, and a post with its media. And the list of worlds."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from letmepost.domain.sandbox_pages import PICTURE_PATH, TIMELINE_PATH
from letmepost.platforms.contract import Platform
from letmepost.sandbox.pages.live import stream_change
from letmepost.sandbox.pages.media import media_response, picture_response
from letmepost.sandbox.pages.network import NetworkView
from letmepost.sandbox.pages.shell import PageShell
from letmepost.sandbox.paths import platform_of, world_of
from letmepost.sandbox.store import Store
from letmepost.sandbox.worlds import WorldStates

_SHOWN_MAX = 200
"""Posts on one page."""


class Pages:
    """Responds to browsers."""

    def __init__(
        self,
        platforms: Mapping[str, Platform],
        store: Store,
        worlds: WorldStates,
        shell: PageShell,
    ) -> None:
        self._platforms = platforms
        self._store = store
        self._worlds = worlds
        self._shell = shell

    def routes(self) -> Sequence[Route]:
        """Return the routes. They precede the simulators', which use no path that begins with `/-/`."""
        network = f"/{{world}}/{{platform}}{TIMELINE_PATH}"
        return (
            Route("/", self.list_worlds),
            Route(network, self.show_timeline),
            Route(f"/{{world}}/{{platform}}{PICTURE_PATH}", self.show_picture),
            Route(f"{network}live", self.report_changes),
            Route(f"{network}accounts/{{account}}", self.show_account),
            Route(f"{network}posts/{{post}}", self.show_post),
            Route(f"{network}posts/{{post}}/media/{{index:int}}", self.show_media),
        )

    async def list_worlds(self, _request: Request) -> Response:
        """List every world, if all pages are open. No signed link opens this page."""
        if not self._shell.is_open:
            return self._shell.refuse()
        links = {world: f"/{world}{TIMELINE_PATH}" for world in await self._worlds.names()}
        return self._shell.page("worlds.html", links=links)

    async def show_timeline(self, request: Request) -> Response:
        """Show the posts of a network, newest first."""
        network = await self._read(request)
        if network is None:
            return self._shell.refuse()
        return self._shell.page("timeline.html", network=network, profile=None, **_newest(network))

    async def show_account(self, request: Request) -> Response:
        """Show an account and its posts, newest first."""
        network = await self._read(request)
        if network is None:
            return self._shell.refuse()
        profile = network.find_account(request.path_params["account"])
        if profile is None:
            return self._shell.page("missing.html", status=404, network=network, subject="account")
        return self._shell.page(
            "timeline.html", network=network, profile=profile, **_newest(network, profile.account_id)
        )

    async def show_post(self, request: Request) -> Response:
        """Show a post, the posts above it, and the replies to it."""
        network = await self._read(request)
        if network is None:
            return self._shell.refuse()
        conversation = network.find_conversation(request.path_params["post"])
        if conversation is None:
            return self._shell.page("missing.html", status=404, network=network, subject="post")
        return self._shell.page("post.html", network=network, conversation=conversation)

    async def show_media(self, request: Request) -> Response:
        """Return the bytes of a media item of a visible post."""
        network = await self._read(request)
        if network is None:
            return self._shell.refuse()
        parts = network.media_parts(request.path_params["post"], request.path_params["index"])
        content = await self._store.read_files(world_of(request), request.path_params["platform"], parts)
        return media_response(content) or self._shell.page(
            "missing.html", status=404, network=network, subject="media item"
        )

    async def show_picture(self, request: Request) -> Response:
        """Return the picture of a network. It needs no link, because it is the same in every world."""
        platform = platform_of(request, self._platforms)
        return picture_response(platform.title, platform.simulator.color)

    async def report_changes(self, request: Request) -> Response:
        """Send an event when followers of a network see something else than what the page shows."""
        world, platform = world_of(request), platform_of(request, self._platforms)
        query = self._shell.link_query(request, world)
        if query is None:
            return self._shell.refuse()

        async def read_version() -> str:
            return (await self._network(world, platform, query)).version

        next_change = partial(self._worlds.next_change, world, platform.name)
        events = stream_change(next_change, read_version, request.query_params.get("seen", ""))
        return StreamingResponse(events, media_type="text/event-stream", headers={"cache-control": "no-store"})

    async def _read(self, request: Request) -> NetworkView | None:
        """Return the network of a request; None if the request must not open its pages."""
        world, platform = world_of(request), platform_of(request, self._platforms)
        query = self._shell.link_query(request, world)
        return None if query is None else await self._network(world, platform, query)

    async def _network(self, world: str, platform: Platform, query: str) -> NetworkView:
        async with self._worlds.visit(world, platform.name) as state:
            return NetworkView.of(platform, state, world=world, query=query)


def _newest(network: NetworkView, account_id: str | None = None) -> dict[str, Any]:
    """Return the newest posts of a network or of one account, and how many there are."""
    posts = [post for post in network.posts if account_id in {None, post.account_id}]
    return {"posts": posts[: -_SHOWN_MAX - 1 : -1], "count": len(posts)}
