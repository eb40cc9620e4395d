"""People, the Pages that they have a role on, their businesses, and the Pages' Instagram accounts."""

from collections.abc import Collection
from typing import TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import check_scenario
from letmepost.platforms.simulation import State

ALL_TASKS = ("ANALYZE", "ADVERTISE", "MESSAGING", "MODERATE", "CREATE_CONTENT", "MANAGE")


class User(TypedDict):
    """A person. `ended` is the subcode with which every token of the person is refused; None while they are valid."""

    id: str
    name: str
    scenario: str
    ended: int | None


class Page(TypedDict):
    """A Page. `roles`: the tasks of each person who has a role on it. `business`: the portfolio that it belongs to."""

    id: str
    name: str
    username: str
    is_published: bool
    roles: dict[str, list[str]]
    business: str | None
    professional: str | None


class Professional(TypedDict):
    """A professional Instagram account that is connected to a Page."""

    id: str
    username: str
    name: str
    page: str


def next_id(state: State) -> str:
    """Return the next id, in digits. All objects share one sequence."""
    number = state.get("meta/last_id", 102_000_000_000_000) + 7
    state["meta/last_id"] = number
    return str(number)


def create_user(state: State, scenarios: Collection[str], scenario: str, entropy: bytes) -> User:
    """Create a person without Pages."""
    check_scenario(scenarios, scenario)
    user_id = next_id(state)
    user = User(id=user_id, name=f"Sandbox Person {letters(entropy, 'user', 4)}", scenario=scenario, ended=None)
    state[f"user/{user_id}"] = user
    return user


def create_page(
    state: State,
    user_id: str,
    name: str,
    *,
    tasks: Collection[str] = ALL_TASKS,
    is_published: bool = True,
    business: str | None = None,
) -> Page:
    """Create a Page on which a person has these tasks."""
    page_id = next_id(state)
    page = Page(
        id=page_id,
        name=name,
        username=f"sandbox.{page_id}",
        is_published=is_published,
        roles={user_id: list(tasks)},
        business=business,
        professional=None,
    )
    state[f"page/{page_id}"] = page
    return page


def create_business(state: State, user_id: str, name: str) -> str:
    """Create a business portfolio that a person administers. Its Pages are not in the person's own list."""
    business_id = next_id(state)
    state[f"business/{business_id}"] = {"id": business_id, "name": name, "user": user_id}
    return business_id


def connect_professional(state: State, page_id: str, username: str) -> Professional:
    """Create a professional Instagram account that is connected to a Page."""
    account_id = next_id(state)
    account = Professional(id=account_id, username=username, name=username.title(), page=page_id)
    state[f"professional/{account_id}"] = account
    state[f"page/{page_id}"] = {**state[f"page/{page_id}"], "professional": account_id}
    return account


def set_tasks(state: State, page_id: str, user_id: str, tasks: Collection[str]) -> None:
    """Change what a person may do on a Page; without tasks, the person has no role on it."""
    page: Page = state[f"page/{page_id}"]
    roles = {name: given for name, given in page["roles"].items() if name != user_id}
    state[f"page/{page_id}"] = {**page, "roles": {**roles, **({user_id: list(tasks)} if tasks else {})}}


def end_sessions(state: State, user_id: str, subcode: int) -> None:
    """Invalidate every token of a person, and so of their Pages: 460 if the password was changed."""
    state[f"user/{user_id}"] = {**state[f"user/{user_id}"], "ended": subcode}


def find_user(state: State, user_id: str) -> User:
    """Return the person of an id that was issued."""
    user: User = state[f"user/{user_id}"]
    return user


def find_page(state: State, page_id: str) -> Page | None:
    """Return a Page, or None if there is none with this id."""
    page: Page | None = state.get(f"page/{page_id}")
    return page


def pages_of(state: State, user_id: str) -> list[Page]:
    """Return the Pages on which a person has a role, oldest first."""
    found: list[Page] = [state[key] for key in state if key.startswith("page/")]
    return sorted((page for page in found if user_id in page["roles"]), key=lambda page: int(page["id"]))
