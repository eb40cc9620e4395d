"""The pages of a world: its networks, the timeline of a network, and a post with its conversation."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from letmepost.domain.sandbox_pages import TIMELINE_PATH, post_path
from letmepost.platforms.contract import Platform
from letmepost.platforms.simulation import SimulatedPost
from letmepost.sandbox.pages.access import PageAccess
from letmepost.sandbox.pages.conversations import find_conversation
from letmepost.sandbox.pages.rendering import render
from letmepost.sandbox.paths import platform_of, world_of
from letmepost.sandbox.worlds import WorldStates

_NONCE_BYTES = 16
_TIMELINE_MAX = 200


class Pages:
    """Responds to browsers."""

    def __init__(
        self,
        platforms: Mapping[str, Platform],
        worlds: WorldStates,
        access: PageAccess,
        now: Callable[[], datetime],
        entropy: Callable[[int], bytes],
    ) -> None:
        self._platforms = platforms
        self._worlds = worlds
        self._access = access
        self._now = now
        self._entropy = entropy

    def routes(self) -> Sequence[Route]:
        """Return the routes. They precede the simulators', which use no path that begins with `/-/`."""
        return (
            Route(f"/{{world}}{TIMELINE_PATH}", self.networks),
            Route(f"/{{world}}/{{platform}}{TIMELINE_PATH}", self.timeline),
            Route(f"/{{world}}/{{platform}}{TIMELINE_PATH}posts/{{post}}", self.post),
        )

    async def networks(self, request: Request) -> Response:
        """List the networks of a world, with the number of their posts."""
        world = world_of(request)
        query = self._open(request, world)
        if query is None:
            return self._refuse()
        shown = []
        for name, platform in self._platforms.items():
            count = len(await self._posts(world, platform))
            shown.append({"title": platform.title, "count": count, "url": f"/{world}/{name}{TIMELINE_PATH}{query}"})
        return self._page("networks.html", world, query, networks=shown)

    async def timeline(self, request: Request) -> Response:
        """Show the posts of a network, newest first."""
        world, platform = world_of(request), platform_of(request, self._platforms)
        query = self._open(request, world)
        if query is None:
            return self._refuse()
        posts = await self._posts(world, platform)
        newest = posts[: -_TIMELINE_MAX - 1 : -1]
        return self._page("timeline.html", world, query, platform, posts=newest, count=len(posts))

    async def post(self, request: Request) -> Response:
        """Show a post, the posts above it, and the replies to it."""
        world, platform = world_of(request), platform_of(request, self._platforms)
        query = self._open(request, world)
        if query is None:
            return self._refuse()
        found = find_conversation(await self._posts(world, platform), request.path_params["post"])
        if found is None:
            return self._page("missing.html", world, query, platform, status=404)
        return self._page("post.html", world, query, platform, conversation=found)

    def _open(self, request: Request, world: str) -> str | None:
        return self._access.link_query(world, request.query_params, self._now())

    async def _posts(self, world: str, platform: Platform) -> list[SimulatedPost]:
        async with self._worlds.visit(world, platform.name) as state:
            return platform.simulator.posts(state)

    def _page(
        self,
        template: str,
        world: str,
        query: str,
        platform: Platform | None = None,
        *,
        status: int = 200,
        **shown: Any,
    ) -> Response:
        root = "" if platform is None else f"/{world}/{platform.name}"
        links = {
            "world_url": f"/{world}{TIMELINE_PATH}{query}",
            "timeline_url": f"{root}{TIMELINE_PATH}{query}",
            "url_of": lambda post: f"{root}{post_path(post.uri)}{query}",
        }
        title = "Sandbox" if platform is None else platform.title
        return render(template, self._nonce(), status=status, network=title, **links, **shown)

    def _refuse(self) -> Response:
        return render("refused.html", self._nonce(), status=403)

    def _nonce(self) -> str:
        return self._entropy(_NONCE_BYTES).hex()
