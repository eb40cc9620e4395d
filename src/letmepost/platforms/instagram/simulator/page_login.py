"""Facebook Login: people, their Pages, and the Instagram accounts that are linked to the Pages.

Source: fact sheet section 1.B, after
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-facebook-login, checked 2026-11-28.
"""

from datetime import datetime

from letmepost.platforms._kit.simulator.oauth.consent import Choice
from letmepost.platforms._kit.simulator.oauth.grants import App
from letmepost.platforms._kit.simulator.scenarios import withdraw_permission
from letmepost.platforms._meta.simulator.login import DENIAL, Login
from letmepost.platforms._meta.simulator.people import Professional, create_business, create_page, create_user
from letmepost.platforms._meta.simulator.tokens import authenticate as find_session
from letmepost.platforms._meta.simulator.tokens import unsupported
from letmepost.platforms.instagram.simulator.accounts import Caller, create_account, find_account
from letmepost.platforms.instagram.simulator.scenarios import SCENARIOS
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

APP = App(client_id="1380000000000002", client_secret="simulated-facebook-secret")  # noqa: S106 - the simulator's own
_PERMISSIONS = {
    "basic": "instagram_basic",
    "publish": "instagram_content_publish",
    "comments": "instagram_manage_comments",
    "delete": "instagram_manage_contents",
}
_PAGES = ("pages_show_list", "pages_read_engagement", "business_management")
_OPTIONAL = frozenset({"instagram_manage_comments", "instagram_manage_contents"})


def create_linked_account(
    state: State, user_id: str, scenario: str, now: datetime, entropy: bytes, *, business: str | None = None
) -> str:
    """Create a Page of a person with a linked Instagram account, and return the id of the account."""
    account_id = create_account(state, scenario, now, entropy)
    username = find_account(state, account_id)["username"]
    page = create_page(state, user_id, f"Page of {username}", business=business)
    state[f"professional/{account_id}"] = Professional(
        id=account_id, username=username, name=f"Sandbox account, scenario {scenario}", page=page["id"]
    )
    state[f"page/{page['id']}"] = {**page, "professional": account_id}
    return account_id


def _create_person(state: State, scenario: str, now: datetime, entropy: bytes) -> str:
    user_id = create_user(state, SCENARIOS, scenario, entropy)["id"]
    create_linked_account(state, user_id, scenario, now, entropy)
    return user_id


def _create_person_with_two(state: State, scenario: str, now: datetime, entropy: bytes) -> str:
    user_id = _create_person(state, scenario, now, entropy)
    create_linked_account(state, user_id, scenario, now, entropy[::-1])
    create_page(state, user_id, "Page without Instagram")
    return user_id


def _create_person_with_business(state: State, scenario: str, now: datetime, entropy: bytes) -> str:
    user_id = create_user(state, SCENARIOS, scenario, entropy)["id"]
    business = create_business(state, user_id, "Works")
    create_linked_account(state, user_id, scenario, now, entropy, business=business)
    return user_id


def _create_person_without(state: State, scenario: str, _now: datetime, entropy: bytes) -> str:
    user_id = create_user(state, SCENARIOS, scenario, entropy)["id"]
    create_page(state, user_id, "Page without Instagram")
    return user_id


LOGIN = Login(
    title="Instagram with Facebook Login",
    app=APP,
    scopes=(*_PERMISSIONS.values(), *_PAGES),
    choices=lambda _state: (
        Choice("allow", "Allow everything", account=_create_person),
        Choice("allow-less", "Allow posting, and nothing else", account=_create_person, withheld=_OPTIONAL),
        Choice("two", "Allow two accounts", account=_create_person_with_two),
        Choice("business", "Allow an account of a business portfolio", account=_create_person_with_business),
        Choice("unlinked", "Allow a Page without an Instagram account", account=_create_person_without),
        Choice("deny", "Not now", denial=DENIAL),
    ),
    new_account=_create_person,
)


def authenticate(state: State, call: SimulatedCall, permission: str) -> Caller:
    """Return the caller of a call with the token of a Page."""
    session = find_session(state, call, APP, _PERMISSIONS[permission])
    account_id = None if session.page is None else session.page["professional"]
    if account_id is None:
        raise unsupported("me")
    return Caller(find_account(state, account_id), "facebook_login")


def me(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /me`. In the scenario `auth_revoked`, the permission is withdrawn after the Page was verified."""
    session, reply = find_session(state, call, APP), LOGIN.me(state, call)
    if session.page is not None and SCENARIOS[session.user["scenario"]].revoked:
        withdraw_permission(state, session.user["id"])
    return reply
