"""Publishing tasks: what was sent, and what becomes of it. Source: fact sheet sections 2.2 to 2.6."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict

from letmepost.platforms._kit.simulator.files import StoredFile, as_media, shown
from letmepost.platforms.simulation import SimulatedMedia, SimulatedPost, State
from letmepost.platforms.tiktok.simulator.accounts import get_account, scenario_of
from letmepost.platforms.tiktok.simulator.scenarios import FINISHED_AFTER_S, Scenario

CANCELED = "publish_cancelled"
UPLOAD_URL_LIFETIME_S = 3600.0
_FIRST_ID = 7_663_542_984_343_883_021


class Task(TypedDict):
    """A task. Times are Unix seconds.

    Args:
        post: what the post shows, as it was sent.
        photos: the URLs of a photo post.
        size_bytes, chunk_bytes, chunk_count: the announced video of an upload; 0 if TikTok fetches the media.
        complete_at: when TikTok had all bytes; None before.
        fail_reason: why it fails after it was processed; None if it does not.
        is_stuck: True if its processing never ends.
        post_id: the id that the published post has.
    """

    id: str
    account: str
    kind: Literal["video", "photo"]
    is_direct: bool
    is_upload: bool
    post: dict[str, Any]
    photos: list[str]
    size_bytes: int
    chunk_bytes: int
    chunk_count: int
    file: StoredFile
    made_at: float
    upload_until: float
    complete_at: float | None
    fail_reason: str | None
    is_stuck: bool
    post_id: int


def next_id(state: State) -> int:
    """Return the next id. It needs more than 53 bits."""
    number: int = state.get("last_id", _FIRST_ID) + 1_000_003
    state["last_id"] = number
    return number


def store(state: State, task: Task) -> None:
    """Store a task."""
    state[f"task/{task['id']}"] = task


def find_task(state: State, publish_id: str) -> Task | None:
    """Return a task."""
    task: Task | None = state.get(f"task/{publish_id}")
    return task


def tasks_of(state: State, open_id: str) -> list[Task]:
    """Return the tasks of an account, oldest first."""
    return [task for task in all_tasks(state) if task["account"] == open_id]


def all_tasks(state: State) -> list[Task]:
    """Return every task, oldest first."""
    found: list[Task] = [state[key] for key in state if key.startswith("task/")]
    return sorted(found, key=lambda task: (task["made_at"], task["post_id"]))


def status_of(task: Task, scenario: Scenario, at: float) -> str:
    """Return the status of a task."""
    done_at = _done_at(task, scenario)
    if done_at is None or at < done_at:
        return "PROCESSING_UPLOAD" if task["is_upload"] else "PROCESSING_DOWNLOAD"
    if task["fail_reason"] is not None:
        return "FAILED"
    published_at = published_at_of(task, scenario)
    return "SEND_TO_USER_INBOX" if published_at is None or at < published_at else "PUBLISH_COMPLETE"


def published_at_of(task: Task, scenario: Scenario) -> float | None:
    """Return when a task is published; None if it never is. What is in an inbox is published by a person."""
    done_at = _done_at(task, scenario)
    if done_at is None or task["fail_reason"] is not None:
        return None
    if task["is_direct"]:
        return done_at
    return done_at + FINISHED_AFTER_S if scenario.finishes else None


def is_public(task: Task, scenario: Scenario, at: float) -> bool:
    """Return True if the post is public, and has passed moderation. A person publishes to everyone."""
    published_at = published_at_of(task, scenario)
    if published_at is None or scenario.moderation_s is None or at < published_at + scenario.moderation_s:
        return False
    return not task["is_direct"] or task["post"].get("privacy_level") == "PUBLIC_TO_EVERYONE"


def text_of(task: Task) -> str:
    """Return the caption of a post."""
    return task["post"].get("title" if task["kind"] == "video" else "description") or ""


def posts(state: State) -> list[SimulatedPost]:
    """Return what is published, also to a part of the followers, or will be without another call."""
    return [
        SimulatedPost(
            uri=task["id"],
            account_id=task["account"],
            text=text_of(task),
            created_at=datetime.fromtimestamp(published_at, UTC).isoformat(),
            media=_media(task),
            record=_record(task),
        )
        for task, published_at in _published(state)
    ]


def _published(state: State) -> Iterator[tuple[Task, float]]:
    for task in all_tasks(state):
        published_at = published_at_of(task, scenario_of(get_account(state, task["account"])))
        if published_at is not None:
            yield task, published_at


def _media(task: Task) -> list[SimulatedMedia]:
    if task["kind"] == "photo":
        return [SimulatedMedia(kind="image") for _ in task["photos"]]
    return [as_media("video", task["file"] if task["is_upload"] else None)]


def _record(task: Task) -> dict[str, Any]:
    media = {"video": shown(task["file"])} if task["is_upload"] else {}
    return {**task["post"], **media, "photo_images": task["photos"], "post_id": str(task["post_id"])}


def _done_at(task: Task, scenario: Scenario) -> float | None:
    """Return when a task has been processed; None if it never is, or not before more bytes arrive."""
    if task["fail_reason"] == CANCELED:
        return task["complete_at"]
    if task["complete_at"] is None or task["is_stuck"] or scenario.processing_s is None:
        return None
    return task["complete_at"] + scenario.processing_s
