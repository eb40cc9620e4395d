"""The routes of the simulator. Each host is a folder, and both logins have the same routes of the API."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from letmepost.platforms._kit.simulator.routes import Answer, Handler, answer_by
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms._meta.simulator.graph import Parameters, Refused, json_reply, shown
from letmepost.platforms._meta.simulator.router import VERSION, Row, answer_graph
from letmepost.platforms._meta.simulator.rupload import UPLOAD_HOST, UploadRefused, as_graph_call
from letmepost.platforms._meta.simulator.tokens import text_of, unsupported
from letmepost.platforms.instagram.simulator import comments, containers, instagram_login, page_login, posts
from letmepost.platforms.instagram.simulator.accounts import Authenticate, Caller
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

PAGE_API = "graph.facebook.com"
PAGE_WEB = "www.facebook.com"
INSTAGRAM_API = "graph.instagram.com"
INSTAGRAM_OAUTH = "api.instagram.com"
INSTAGRAM_WEB = "www.instagram.com"
UPLOAD_PATH = "/ig-api-upload/"


@dataclass(frozen=True, slots=True)
class _Api:
    """The routes of the API for one login. `authenticate` returns the caller of a call."""

    authenticate: Authenticate

    def rows(self) -> tuple[Row, ...]:
        """Return the method, the path without the version, and the handler of each route."""
        return (
            ("POST", "([0-9]+|me)/media", self._own(_make_container, "publish")),
            ("POST", "([0-9]+|me)/media_publish", self._own(_publish, "publish")),
            ("GET", "([0-9]+|me)/content_publishing_limit", self._own(posts.quota, "publish")),
            ("GET", "([0-9]+|me)/media", self._own(_media, "basic")),
            ("GET", "([0-9]+|me)/stories", self._own(_stories, "basic")),
            ("POST", "([0-9]+)/comments", self._comment),
            ("GET", "([0-9]+)/comments", self._list_comments),
            ("GET", "([0-9]+)/(poll_attachment|prompt_response)", self._show_add_on),
            ("GET", "([0-9]+)", self.show),
            ("DELETE", "([0-9]+)", self._delete),
        )

    def _own(self, handler: Callable[[State, SimulatedCall, Caller], SimulatedReply], permission: str) -> Handler:
        """Return the handler of calls whose path names the token's account."""

        def handle(state: State, call: SimulatedCall, named: str) -> SimulatedReply:
            caller = self.authenticate(state, call, permission)
            caller.check_id(named)
            return handler(state, call, caller)

        return handle

    def show(self, state: State, call: SimulatedCall, named: str) -> SimulatedReply:
        """`GET /{container}`, `/{media}` and `/{account}`."""
        caller = self.authenticate(state, call, "basic")
        container, post = state.get(f"container/{named}"), state.get(f"post/{named}")
        if caller.scenario.hides_objects and (container or post) is not None:
            raise unsupported(named)
        if container is not None and container["account"] == caller.account["id"]:
            return containers.show(state, container, call)
        if post is not None:
            return posts.show(state, post, call)
        caller.check_id(named)
        account = caller.account
        return shown({"id": named, "username": account["username"]}, Parameters.of(call))

    def _delete(self, state: State, call: SimulatedCall, named: str) -> SimulatedReply:
        caller = self.authenticate(state, call, "basic")
        comment, post = state.get(f"comment/{named}"), state.get(f"post/{named}")
        if comment is not None and comment["account"] == caller.account["id"]:
            self.authenticate(state, call, "comments")
            return comments.delete(state, comment)
        if post is None or post["account"] != caller.account["id"] or caller.login != "facebook_login":
            raise unsupported(named)
        return posts.delete(state, self.authenticate(state, call, "delete"), post)

    def _comment(self, state: State, call: SimulatedCall, media_id: str) -> SimulatedReply:
        caller = self.authenticate(state, call, "comments")
        scenario, post = caller.scenario, _post(state, media_id)
        if post["kind"] == "STORIES":
            raise unsupported(media_id)
        refuse_attempt(state, caller.account["id"], scenario, call.now, shows_post=True)
        comment = comments.create(state, call, caller, media_id)
        return json_reply({"id": comment["id"]}, delay_s=scenario.delay_s, dropped=_is_lost(state, caller, media_id))

    def _list_comments(self, state: State, call: SimulatedCall, media_id: str) -> SimulatedReply:
        self.authenticate(state, call, "comments")
        return comments.list_on(state, call, _post(state, media_id)["id"])

    def _show_add_on(self, state: State, call: SimulatedCall, media_id: str, edge: str) -> SimulatedReply:
        if self.authenticate(state, call, "basic").login != "facebook_login":
            raise unsupported(media_id)
        return posts.show_add_on(state, _post(state, media_id), edge)


def _make_container(state: State, call: SimulatedCall, caller: Caller) -> SimulatedReply:
    refuse_attempt(state, caller.account["id"], caller.scenario, call.now, shows_post=False)
    container = containers.make(state, call, caller)
    version = call.path.split("/")[1]
    uri = f"{call.network_root}/{UPLOAD_HOST}{UPLOAD_PATH}{version}/{container['id']}"
    shown_uri = {} if container["upload"] is None else {"uri": uri}
    return json_reply({"id": container["id"], **shown_uri}, delay_s=caller.scenario.delay_s)


def _receive_video(state: State, call: SimulatedCall, container_id: str) -> SimulatedReply:
    caller = page_login.authenticate(state, as_graph_call(call), "publish")
    refuse_attempt(state, caller.account["id"], caller.scenario, call.now, shows_post=False, is_upload=True)
    container = state.get(f"container/{container_id}")
    if container is None:
        raise UploadRefused("ProcessingFailedError", "The container does not exist.")
    return containers.receive_video(state, call, caller, container)


def _publish(state: State, call: SimulatedCall, caller: Caller) -> SimulatedReply:
    refuse_attempt(state, caller.account["id"], caller.scenario, call.now, shows_post=True)
    post = posts.publish(state, call, caller)
    is_lost = _is_lost(state, caller, post["id"])
    return json_reply({"id": post["id"]}, delay_s=caller.scenario.delay_s, dropped=is_lost)


def _is_lost(state: State, caller: Caller, name: str) -> bool:
    return caller.scenario.loses_first_response and is_first_response(state, name)


def _media(state: State, call: SimulatedCall, caller: Caller) -> SimulatedReply:
    return posts.list_recent(state, call, caller, stories=False)


def _stories(state: State, call: SimulatedCall, caller: Caller) -> SimulatedReply:
    return posts.list_recent(state, call, caller, stories=True)


def _post(state: State, media_id: str) -> posts.Post:
    post: posts.Post | None = state.get(f"post/{media_id}")
    if post is None:
        raise unsupported(media_id)
    return post


def _page_object(state: State, call: SimulatedCall, named: str) -> SimulatedReply:
    """Return a Page if the id is that of one, or an object of Instagram."""
    if f"page/{named}" in state:
        return page_login.LOGIN.page(state, call, named)
    return _OF_PAGES.show(state, call, named)


def _refuse_unknown(call: SimulatedCall, _methods: Collection[str]) -> Refused:
    return Refused(f"Unsupported {call.method.lower()} request", code=100, subcode=33)


_OF_PAGES = _Api(page_login.authenticate)
_OF_ACCOUNTS = _Api(instagram_login.authenticate)
_graph = answer_graph(
    page_login.LOGIN,
    (("GET", "([0-9]+)", _page_object), *_OF_PAGES.rows()),
    me=page_login.me,
)
_HOSTS: dict[str, Answer] = {
    PAGE_API: _graph,
    PAGE_WEB: _graph,
    UPLOAD_HOST: answer_by((("POST", rf"{UPLOAD_PATH}v[0-9.]+/([0-9]+)", _receive_video),), _refuse_unknown),
    INSTAGRAM_WEB: answer_by((("GET", "/oauth/authorize", instagram_login.CONSENT.authorize),), _refuse_unknown),
    INSTAGRAM_OAUTH: answer_by(
        (("POST", "/oauth/access_token", instagram_login.CONSENT.exchange_code),), _refuse_unknown
    ),
    INSTAGRAM_API: answer_by(
        (
            ("GET", "/access_token", instagram_login.SERVER.prolong),
            ("GET", "/refresh_access_token", instagram_login.SERVER.refresh),
            ("GET", f"{VERSION}me", instagram_login.me),
            *((method, f"{VERSION}{path}", handler) for method, path, handler in _OF_ACCOUNTS.rows()),
        ),
        _refuse_unknown,
    ),
}
_FOREIGN = {PAGE_API: "IG", INSTAGRAM_API: "EA"}
"""How the tokens of the other login start."""


def answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Answer a call by the host that is the first part of its path."""
    _, host, rest = call.path.split("/", 2) if call.path.count("/") > 1 else ("", "", "")
    if host not in _HOSTS:
        return _refuse_unknown(call, ()).reply()
    if text_of(call).startswith(_FOREIGN.get(host, " ")):
        return Refused("Invalid OAuth access token - Cannot parse access token", code=190).reply()
    return _HOSTS[host](state, replace(call, root=f"{call.root}/{host}", host=host, path=f"/{rest}"))
