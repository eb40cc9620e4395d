"""The dialog of Facebook Login, and the people who can consent."""

from datetime import datetime
from functools import partial

from letmepost.platforms._kit.simulator.oauth.consent import Choice
from letmepost.platforms._kit.simulator.oauth.grants import App
from letmepost.platforms._meta.simulator.login import DENIAL, Login
from letmepost.platforms._meta.simulator.people import create_business, create_page, create_user
from letmepost.platforms.facebook.simulator.scenarios import SCENARIOS
from letmepost.platforms.simulation import State

APP = App(client_id="1380000000000001", client_secret="simulated-facebook-app-secret")  # noqa: S106 - the simulator's own
_REQUIRED = ("pages_show_list", "pages_manage_posts", "pages_read_engagement")
_EXTRAS = ("pages_manage_engagement", "business_management")
PAGES = ("Sandbox Bakery", "Sandbox Books")


def create_person(
    state: State, scenario: str, _now: datetime, entropy: bytes, *, own: int = 1, of_business: int = 0
) -> str:
    """Create a person with Pages of their own and of a business portfolio, and return the person's id."""
    user_id = create_user(state, SCENARIOS, scenario, entropy)["id"]
    for name in PAGES[:own]:
        create_page(state, user_id, name)
    if of_business:
        business = create_business(state, user_id, "Sandbox Portfolio")
        for name in PAGES[:of_business]:
            create_page(state, user_id, f"{name} (portfolio)", business=business)
    return user_id


LOGIN = Login(
    title="Facebook",
    app=APP,
    scopes=(*_REQUIRED, *_EXTRAS),
    choices=lambda _state: (
        Choice("allow", "Allow everything for one Page", account=create_person),
        Choice("pages", "Allow everything for two Pages", account=partial(create_person, own=2)),
        Choice(
            "business", "Allow everything, with a business portfolio", account=partial(create_person, of_business=1)
        ),
        Choice("no-pages", "Allow everything, without a Page", account=partial(create_person, own=0)),
        Choice(
            "allow-less",
            "Allow posting, and neither comments nor business portfolios",
            account=create_person,
            withheld=frozenset(_EXTRAS),
        ),
        Choice("allow-nothing", "Deselect every permission", account=create_person, withheld=frozenset(_REQUIRED)),
        Choice("deny", "Not now", denial=DENIAL),
    ),
    new_account=create_person,
)
