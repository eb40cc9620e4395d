"""The members, and the pages that they administer."""

from datetime import datetime
from typing import TypedDict

from letmepost.platforms._kit.simulator.oauth.grants import Token
from letmepost.platforms._kit.simulator.pages import picture_url
from letmepost.platforms._kit.simulator.profiles import profiles_of, rename_in
from letmepost.platforms._kit.simulator.scenarios import check_scenario, withdraw_permission
from letmepost.platforms.linkedin.simulator.restli import denied, digits, not_found, success
from letmepost.platforms.linkedin.simulator.scenarios import SCENARIOS, Scenario
from letmepost.platforms.linkedin.simulator.tokens import authenticate
from letmepost.platforms.simulation import SimulatedCall, SimulatedProfile, SimulatedReply, State

PAGES = ("Sandbox Works", "Sandbox Labs")
_MEMBERS = profiles_of("member", name="name", id_prefix="urn:li:person:")
rename_member = rename_in("member", name="name", id_prefix="urn:li:person:")
_PAGES = profiles_of("organization", handle="vanity", name="name", id_prefix="urn:li:organization:")


class Member(TypedDict):
    """One member. `id` is the pairwise id that the app receives; `organizations` are ids of pages."""

    id: str
    name: str
    scenario: str
    created_at: str
    organizations: list[str]


def create_member(state: State, scenario: str, now: datetime, entropy: bytes, *, page_count: int = 0) -> str:
    """Create a member who administers this number of pages, and return the member's id."""
    check_scenario(SCENARIOS, scenario)
    number = digits(entropy, "member")
    organizations = [digits(entropy, f"page {index}")[-9:] for index in range(page_count)]
    for identifier, name in zip(organizations, PAGES, strict=False):
        state[f"organization/{identifier}"] = {"name": name, "vanity": f"sandbox-{identifier}"}
    member = Member(
        id=f"sb{number[-8:]}",
        name=f"Sandbox Member {number[-4:]}",
        scenario=scenario,
        created_at=now.isoformat(),
        organizations=organizations,
    )
    state[f"member/{member['id']}"] = member
    return member["id"]


def find_member(state: State, member_id: str) -> Member:
    """Return the member of an id that was issued."""
    member: Member = state[f"member/{member_id}"]
    return member


def scenario_of(state: State, member_id: str) -> Scenario:
    """Return the scenario of a member."""
    return SCENARIOS[find_member(state, member_id)["scenario"]]


def list_members(state: State) -> list[Member]:
    """Return every member, oldest first."""
    return sorted(
        (state[key] for key in state if key.startswith("member/")), key=lambda member: str(member["created_at"])
    )


def list_profiles(state: State) -> list[SimulatedProfile]:
    """Return the members and the pages."""
    return [*_MEMBERS(state), *_PAGES(state)]


def person(member: Member) -> str:
    """Return the member's URN."""
    return f"urn:li:person:{member['id']}"


def pages(member: Member) -> list[str]:
    """Return the URNs of the pages that the member administers."""
    return [f"urn:li:organization:{identifier}" for identifier in member["organizations"]]


def is_mentionable(state: State, name: str, urn: str) -> bool:
    """Return True if a mention of this name becomes a link to the entity. Otherwise, LinkedIn shows it as plain text.

    A page is mentioned by its exact name, a person by the full name or one part of it, both with the exact case.
    """
    kind, identifier = urn.split(":")[2:]
    if kind == "organization":
        page = state.get(f"organization/{identifier}")
        return page is not None and page["name"] == name
    member: Member | None = state.get(f"member/{identifier}")
    return member is not None and name in {member["name"], *member["name"].split()}


def user_info(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /v2/userinfo`: not versioned."""
    token = authenticate(state, call, "openid")
    member = find_member(state, token["account_id"])
    if scenario_of(state, member["id"]).revoked:
        withdraw_permission(state, member["id"])
    given, _, family = member["name"].rpartition(" ")
    return success(
        {
            "sub": member["id"],
            "name": member["name"],
            "given_name": given,
            "family_name": family,
            "picture": picture_url(call),
            "locale": {"country": "US", "language": "en"},
        }
    )


def organization_acls(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /rest/organizationAcls?q=roleAssignee`, a FINDER."""
    token = _administrator(state, call)
    query = dict(call.query)
    if query.get("q") != "roleAssignee" or call.headers.get("x-restli-method") != "FINDER":
        raise not_found()
    member = find_member(state, token["account_id"])
    start, count = int(query.get("start", "0")), int(query.get("count", "10"))
    found = [
        {"organization": urn, "role": "ADMINISTRATOR", "roleAssignee": person(member), "state": "APPROVED"}
        for urn in pages(member)
    ]
    return success({"elements": found[start : start + count], "paging": {"start": start, "count": count, "links": []}})


def organization(state: State, call: SimulatedCall, identifier: str) -> SimulatedReply:
    """`GET /rest/organizations/{id}`."""
    _administrator(state, call)
    found = state.get(f"organization/{identifier}")
    if found is None:
        raise not_found()
    return success({"id": int(identifier), "localizedName": found["name"], "vanityName": found["vanity"]})


def _administrator(state: State, call: SimulatedCall) -> Token:
    token = authenticate(state, call)
    if "rw_organization_admin" not in token["scopes"]:
        raise denied("GET /organizationAcls")
    return token
