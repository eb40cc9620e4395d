"""Containers: their validation and their status.

Source: fact sheet sections 2.1 and 2.2, after https://developers.facebook.com/docs/threads/posts, checked 2026-11-21.
Nothing is fetched: a simulator has no network, so only the form of a media URL is checked.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TypedDict
from urllib.parse import urlsplit

from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.threads.simulator.attachments import check_spoilers, check_text_attachment
from letmepost.platforms.threads.simulator.graph import Parameters, Refused, json_reply, not_found, wrong_parameter
from letmepost.platforms.threads.simulator.people import Person, next_id
from letmepost.platforms.threads.simulator.scenarios import SCENARIOS
from letmepost.platforms.threads.simulator.validation import CHILDREN, check_options, check_text

LIFETIME_S = 86_400.0


class Container(TypedDict):
    """A container. `post` is the id of the published post, None before.

    `ready_at` is None if the container never becomes ready.
    """

    id: str
    person: str
    kind: str
    is_child: bool
    parameters: dict[str, str]
    made_at: float
    ready_at: float | None
    error: str | None
    post: str | None


def make(state: State, call: SimulatedCall, person: Person) -> Container:
    """Check the parameters of a container, and store it."""
    given = Parameters.of(call)
    kind, is_child = given.require("media_type"), given.get("is_carousel_item") == "true"
    if kind not in _KINDS:
        raise wrong_parameter("Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}.")
    check_text(given)
    check_options(given, kind)
    check_spoilers(given, kind)
    check_text_attachment(given, kind)
    _KINDS[kind](state, given, person, call.now)
    scenario = SCENARIOS[person["scenario"]]
    for name in ("reply_to_id", "quote_post_id"):
        if given.get(name) is not None:
            _check_reference(state, str(given.get(name)), call.now.timestamp() - scenario.lag_s)
    is_text = kind == "TEXT" and scenario.processing_s is not None
    takes_s = 0.0 if is_text else scenario.processing_s
    container = Container(
        id=next_id(state),
        person=person["id"],
        kind=kind,
        is_child=is_child,
        parameters={name: value for name, value in given.values.items() if name != "access_token"},
        made_at=call.now.timestamp(),
        ready_at=None if takes_s is None else call.now.timestamp() + takes_s,
        error=scenario.media_error if kind in {"IMAGE", "VIDEO"} else None,
        post=None,
    )
    state[f"container/{container['id']}"] = container
    return container


def show(container: Container, now: datetime) -> SimulatedReply:
    """`GET /{container}`."""
    status = status_of(container, now)
    error = {"error_message": container["error"]} if status == "ERROR" else {}
    return json_reply({"id": container["id"], "status": status, **error})


def status_of(container: Container, now: datetime) -> str:
    """Return the status of a container."""
    age_s = now.timestamp() - container["made_at"]
    if container["post"] is not None:
        return "PUBLISHED"
    if age_s >= LIFETIME_S:
        return "EXPIRED"
    if container["ready_at"] is None or now.timestamp() < container["ready_at"]:
        return "IN_PROGRESS"
    return "FINISHED" if container["error"] is None else "ERROR"


def children_of(state: State, container: Container) -> list[Container]:
    """Return the containers of a carousel's media items."""
    ids = container["parameters"].get("children", "").split(",")
    return [state[f"container/{one}"] for one in ids if one]


def _check_post(_state: State, given: Parameters, _person: Person, _now: datetime) -> None:
    given.require("text")


def _check_item(name: str) -> Callable[[State, Parameters, Person, datetime], None]:
    def check(_state: State, given: Parameters, _person: Person, _now: datetime) -> None:
        url = urlsplit(given.require(name))
        if url.scheme not in {"http", "https"} or not url.netloc:
            raise Refused("The media could not be fetched from this URI", code=9004, subcode=2207052)

    return check


def _check_carousel(state: State, given: Parameters, person: Person, now: datetime) -> None:
    ids = [one for one in given.require("children").split(",") if one]
    if len(ids) not in CHILDREN:
        raise wrong_parameter(f"Param children must have {CHILDREN[0]} to {CHILDREN[-1]} items.")
    for one in ids:
        child: Container | None = state.get(f"container/{one}")
        is_own = child is not None and child["person"] == person["id"] and child["is_child"]
        if child is None or not is_own or status_of(child, now) != "FINISHED":
            raise Refused("A child of the carousel is not ready", code=100, subcode=4279004)


def _check_reference(state: State, post_id: str, visible_before: float) -> None:
    post = state.get(f"post/{post_id}")
    if post is None or post["made_at"] > visible_before:
        raise not_found()


_KINDS: Mapping[str, Callable[[State, Parameters, Person, datetime], None]] = MappingProxyType(
    {
        "TEXT": _check_post,
        "IMAGE": _check_item("image_url"),
        "VIDEO": _check_item("video_url"),
        "CAROUSEL": _check_carousel,
    }
)
