"""The routes of the simulator."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from letmepost.platforms._kit.simulator.files import file_in_form
from letmepost.platforms._kit.simulator.routes import Handler, answer_by
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt, withdraw_permission
from letmepost.platforms._meta.simulator.graph import Parameters, Refused, json_reply, shown, wrong_parameter
from letmepost.platforms._meta.simulator.lists import listed
from letmepost.platforms._meta.simulator.people import Page, find_page
from letmepost.platforms._meta.simulator.router import answer_graph
from letmepost.platforms._meta.simulator.rupload import UPLOAD_HOST, as_graph_call
from letmepost.platforms._meta.simulator.tokens import Session, authenticate, require_page, unsupported
from letmepost.platforms.facebook.simulator import feed, photos, videos
from letmepost.platforms.facebook.simulator.consent import APP, LOGIN
from letmepost.platforms.facebook.simulator.scenarios import SCENARIOS, Scenario
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

_READ = "pages_read_engagement"
_POST = "pages_manage_posts"


def _scenario(session: Session) -> Scenario:
    return SCENARIOS[session.user["scenario"]]


def _signed(handler: Handler, *scopes: str) -> Handler:
    """Return the handler of calls with the token of a Page, which also passes the session to `handler`.

    The app has the setting "Require App Secret", so each call needs the proof.
    """

    def handle(state: State, call: SimulatedCall, *arguments: str) -> SimulatedReply:
        session = authenticate(state, call, APP, *scopes)
        if Parameters.of(call).get("appsecret_proof") is None:
            raise Refused("API calls from the server require an appsecret_proof argument", code=100)
        return handler(state, call, session, *arguments)

    return handle


def _me(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /me`. In the scenario `auth_revoked`, the consent is withdrawn after the first read of a Page's token."""
    reply, session = LOGIN.me(state, call), authenticate(state, call, APP)
    if session.page is not None and _scenario(session).revoked:
        withdraw_permission(state, session.user["id"])
    return reply


def _author(session: Session, page_id: str) -> Page:
    """Return the Page, if the person who connected it may create content there."""
    page = require_page(session, page_id)
    tasks = page["roles"][session.user["id"]]
    if _scenario(session).role_is_weak or not {"CREATE_CONTENT", "MANAGE"} & set(tasks):
        message = (
            "(#200) If posting to a page, requires both pages_read_engagement and pages_manage_posts as an admin with "
            "sufficient administrative permission"
        )
        raise Refused(message, code=200, status=403)
    return page


def _add_photo(state: State, call: SimulatedCall, session: Session, page_id: str) -> SimulatedReply:
    """`POST /{page}/photos`: staged with `published=false`, and otherwise also the post that shows it."""
    page, scenario, given = _author(session, page_id), _scenario(session), Parameters.of(call)
    is_staged = given.get("published") == "false"
    refuse_attempt(state, session.user["id"], scenario, call.now, shows_post=not is_staged, is_upload=is_staged)
    message = given.get("message") or given.get("caption") or ""
    feed.check_text(message)
    photo, stored = photos.make(state, call, page, scenario)
    if is_staged:
        return replace(json_reply({"id": photo["id"]}, delay_s=scenario.delay_s), stored=stored)
    post = feed.store_post(state, call, page, message=message, photos=[photo])
    reply = _published(state, scenario, post["id"], {"id": photo["id"], "post_id": post["id"]})
    return replace(reply, stored=stored)


def _add_post(state: State, call: SimulatedCall, session: Session, page_id: str) -> SimulatedReply:
    page, scenario = _author(session, page_id), _scenario(session)
    refuse_attempt(state, session.user["id"], scenario, call.now, shows_post=True)
    post = feed.publish(state, call, page)
    return _published(state, scenario, post["id"], {"id": post["id"]})


def _add_story(state: State, call: SimulatedCall, session: Session, page_id: str) -> SimulatedReply:
    page, scenario = _author(session, page_id), _scenario(session)
    refuse_attempt(state, session.user["id"], scenario, call.now, shows_post=True)
    post = feed.publish_story(state, call, page)
    return _published(state, scenario, post["id"], {"success": True, "post_id": post["id"]})


def _add_video(state: State, call: SimulatedCall, session: Session, page_id: str, edge: str) -> SimulatedReply:
    """`POST /{page}/videos`, `/video_reels` and `/video_stories`: a phase of an upload."""
    page, scenario = _author(session, page_id), _scenario(session)
    form = file_in_form(call, videos.CHUNK)
    phase = form[0].get("upload_phase") if form is not None else Parameters.of(call).get("upload_phase")
    is_finish = phase == "finish"
    refuse_attempt(state, session.user["id"], scenario, call.now, shows_post=is_finish, is_upload=not is_finish)
    if phase == "transfer" and edge == "videos":
        return videos.transfer(state, call, page, scenario)
    if phase == "start":
        made = videos.start(state, call, page, edge)
        video: videos.Video = state[f"video/{made['video_id']}"]
        asked = videos.wanted(video, scenario) if edge == "videos" else {}
        return json_reply({**made, **asked}, delay_s=scenario.delay_s)
    if not is_finish:
        raise wrong_parameter("(#100) Param upload_phase must be one of {start, transfer, finish}.")
    video = videos.to_finish(state, call, page, edge)
    is_story = edge == "video_stories"
    video = feed.publish_video(state, call, page, video, is_shown=is_story or videos.is_shown(scenario))
    posted = {"post_id": video["post"]} if is_story else {}
    return _published(state, scenario, video["id"], {"success": True, **posted})


def _set_thumbnail(state: State, call: SimulatedCall, session: Session, video_id: str) -> SimulatedReply:
    page_id = None if session.page is None else session.page["id"]
    video = videos.find(state, video_id, page_id, call.now)
    if video is None:
        raise unsupported(video_id)
    videos.set_thumbnail(state, call, video)
    return json_reply({"success": True})


def _receive_video(state: State, call: SimulatedCall, video_id: str) -> SimulatedReply:
    session = authenticate(state, as_graph_call(call), APP, _READ, _POST)
    if session.page is None:
        raise unsupported(video_id)
    scenario = _scenario(session)
    refuse_attempt(state, session.user["id"], scenario, call.now, shows_post=False, is_upload=True)
    return videos.receive_bytes(state, call, session.page, video_id, scenario)


def _list_videos(state: State, call: SimulatedCall, session: Session, page_id: str, edge: str) -> SimulatedReply:
    page = require_page(session, page_id)
    kind = "post" if edge == "videos" else "reel"
    rows = [
        {"id": post["video"], "created_time": feed.shown_time(post["made_at"]), "description": post["message"]}
        for post in feed.posts_of(state, page["id"], kind)
        if post["video"] is not None
    ]
    return listed(call, rows)


def _add_comment(state: State, call: SimulatedCall, session: Session, post_id: str) -> SimulatedReply:
    post, scenario = _own_post(state, session, post_id), _scenario(session)
    page = require_page(session, post["page"])
    refuse_attempt(state, session.user["id"], scenario, call.now, shows_post=True)
    made = feed.comment(state, call, page, post)
    return _published(state, scenario, made["id"], {"id": made["id"]})


def _published(state: State, scenario: Scenario, name: str, value: dict[str, object]) -> SimulatedReply:
    dropped = scenario.loses_first_response and is_first_response(state, name)
    return json_reply(value, delay_s=scenario.delay_s, dropped=dropped)


def _list_posts(state: State, call: SimulatedCall, session: Session, page_id: str, _edge: str) -> SimulatedReply:
    page = require_page(session, page_id)
    rows = [feed.post_fields(post, APP.client_id, call) for post in feed.posts_of(state, page["id"], "post")]
    return listed(call, rows)


def _list_stories(state: State, call: SimulatedCall, session: Session, page_id: str) -> SimulatedReply:
    page = require_page(session, page_id)
    return listed(call, [feed.story_fields(post, call) for post in feed.posts_of(state, page["id"], "story")])


def _list_comments(state: State, call: SimulatedCall, session: Session, post_id: str) -> SimulatedReply:
    rows = [feed.comment_fields(one) for one in feed.comments_of(state, _own_post(state, session, post_id)["id"])]
    is_reversed = Parameters.of(call).get("order") == "reverse_chronological"
    return listed(call, rows[::-1] if is_reversed else rows)


def _own_post(state: State, session: Session, post_id: str) -> feed.Post:
    post: feed.Post | None = state.get(f"post/{post_id}")
    if post is None or session.page is None or post["page"] != session.page["id"]:
        raise unsupported(post_id)
    return post


def _show(state: State, call: SimulatedCall, session: Session, object_id: str) -> SimulatedReply:
    """`GET /{page}`, `/{post}`, `/{photo}` and `/{comment}`."""
    if find_page(state, object_id) is not None:
        return LOGIN.page(state, call, object_id)
    page_id = None if session.page is None else session.page["id"]
    video = videos.find(state, object_id, page_id, call.now)
    if video is not None:
        return shown(videos.fields(video, _scenario(session), call), Parameters.of(call))
    for kind, fields in _FIELDS.items():
        found = state.get(f"{kind}/{object_id}")
        if found is not None and found["page"] == page_id and _READ in session.token["scopes"]:
            return shown(fields(found, call), Parameters.of(call))
    raise unsupported(object_id)


def _photo_fields(photo: photos.Photo) -> dict[str, object]:
    story = {} if photo["post"] is None else {"page_story_id": photo["post"]}
    return {
        "id": photo["id"],
        "created_time": feed.shown_time(photo["made_at"]),
        "alt_text_custom": photo["alt_text"],
        **story,
    }


_FIELDS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "post": lambda post, call: feed.post_fields(post, APP.client_id, call),
    "photo": lambda photo, _call: _photo_fields(photo),
    "comment": lambda one, _call: feed.comment_fields(one),
}


def _delete(state: State, _call: SimulatedCall, session: Session, object_id: str) -> SimulatedReply:
    """`DELETE /{post}`, `/{photo}`, `/{video}` and `/{comment}`. With a post, its comments and media are deleted."""
    for kind in (*_FIELDS, "video"):
        found = state.get(f"{kind}/{object_id}")
        if found is not None and session.page is not None and found["page"] == session.page["id"]:
            del state[f"{kind}/{object_id}"]
            for one in feed.comments_of(state, object_id):
                del state[f"comment/{one['id']}"]
            for photo_id in found.get("photos", ()):
                del state[f"photo/{photo_id}"]
            if found.get("video") is not None:
                del state[f"video/{found['video']}"]
            if found.get("post") is not None and kind == "video":
                del state[f"post/{found['post']}"]
            return json_reply({"success": True})
    raise unsupported(object_id)


_ID = "([0-9]+(?:_[0-9]+)?)"
_graph = answer_graph(
    LOGIN,
    (
        ("POST", "([0-9]+|me)/photos", _signed(_add_photo, _READ, _POST)),
        ("POST", "([0-9]+|me)/feed", _signed(_add_post, _READ, _POST)),
        ("POST", "([0-9]+|me)/photo_stories", _signed(_add_story, _READ, _POST)),
        ("POST", "([0-9]+|me)/(videos|video_reels|video_stories)", _signed(_add_video, _READ, _POST)),
        ("GET", "([0-9]+|me)/(videos|video_reels)", _signed(_list_videos, _READ)),
        ("GET", "([0-9]+|me)/(feed|posts|published_posts)", _signed(_list_posts, _READ)),
        ("GET", "([0-9]+|me)/stories", _signed(_list_stories, _READ)),
        ("POST", f"{_ID}/thumbnails", _signed(_set_thumbnail, _READ, _POST)),
        ("POST", f"{_ID}/comments", _signed(_add_comment, "pages_manage_engagement")),
        ("GET", f"{_ID}/comments", _signed(_list_comments, _READ)),
        ("GET", _ID, _signed(_show)),
        ("DELETE", _ID, _signed(_delete, _POST)),
    ),
    me=_me,
)
_uploads = answer_by(
    (("POST", rf"/{UPLOAD_HOST}{videos.UPLOAD_PATH}v[0-9.]+/([0-9]+)", _receive_video),),
    lambda _call, _methods: unsupported("upload"),
)


def answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Answer a call to the Graph API, or to the upload host, which is a folder."""
    is_upload = call.path.startswith(f"/{UPLOAD_HOST}/")
    return (_uploads if is_upload else _graph)(state, call)
