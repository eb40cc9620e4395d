"""The server's accounts, the apps that were registered, their consents, and their tokens."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypedDict

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.mastodon.simulator.scenarios import SCENARIOS, Scenario
from letmepost.platforms.mastodon.simulator.wire import Parameters, Refused, invalid, iso, json_reply, letters, next_id

SERVER = "social.sandbox.example"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_CODE_LIFETIME = timedelta(minutes=10)
_WRITES = frozenset({"accounts", "bookmarks", "favourites", "filters", "follows", "lists", "media", "statuses"})
_READS = _WRITES - {"media"} | {"notifications", "search"}
_SCOPES = frozenset(
    {"read", "write", "follow", "push", "profile"}
    | {f"read:{name}" for name in _READS}
    | {f"write:{name}" for name in _WRITES}
)


class Person(TypedDict):
    """An account."""

    id: str
    username: str
    scenario: str
    made_at: float


class App(TypedDict):
    """A registered app."""

    id: str
    name: str
    website: str | None
    client_secret: str
    redirect_uris: list[str]
    scopes: list[str]


class Code(TypedDict):
    """An unused consent. An empty `client_id` or `redirect_uri` accepts any."""

    person: str
    client_id: str
    scopes: list[str]
    redirect_uri: str
    challenge: str
    until: float


class Token(TypedDict):
    """A token. It does not expire. `person` is None for the token of an app itself."""

    person: str | None
    client_id: str
    scopes: list[str]


def create_account(state: State, scenario: str, now: datetime, entropy: bytes) -> Mapping[str, str]:
    """Create an account that behaves as `scenario` states and has consented to any app; return the consent's code."""
    person = create_person(state, scenario, now, entropy)
    scopes = ["read:accounts", "read:statuses", "write:statuses", "write:media"]
    code = Code(person=person["id"], client_id="", scopes=scopes, redirect_uri="", challenge="", until=code_until(now))
    return {"code": store_code(state, code, entropy), "server": SERVER}


def create_person(state: State, scenario: str, now: datetime, entropy: bytes) -> Person:
    """Create an account."""
    if scenario not in SCENARIOS:
        raise ValueError(f"there is no scenario {scenario!r}")
    username = f"sandbox_{letters(entropy, 'name', 8)}"
    person = Person(id=next_id(state, now), username=username, scenario=scenario, made_at=now.timestamp())
    state[f"person/{person['id']}"] = person
    return person


def scenario_of(person: Person) -> Scenario:
    """Return the scenario of an account."""
    return SCENARIOS[person["scenario"]]


def store_code(state: State, code: Code, entropy: bytes) -> str:
    """Store a consent, and return its code."""
    text = letters(entropy, "code", 43)
    state[f"code/{text}"] = code
    return text


def code_until(now: datetime) -> float:
    """Return when a code that is issued now expires."""
    return (now + _CODE_LIFETIME).timestamp()


def register_app(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /api/v1/apps`."""
    given = Parameters.of(call)
    name, uris = given.text("client_name"), given.texts("redirect_uris") or (given.text("redirect_uris") or "").split()
    scopes = (given.text("scopes") or "read").split()
    if name is None:
        raise invalid("Application name can't be blank")
    if not uris or not all(uri == OUT_OF_BAND or "://" in uri for uri in uris):
        raise invalid("Redirect URI must be an absolute URI.")
    if not set(scopes) <= _SCOPES:
        raise invalid("Scopes doesn't match configured on the server.")
    client_id = letters(call.entropy, "app", 43)
    app = App(
        id=next_id(state, call.now),
        name=name,
        website=given.text("website"),
        client_secret=letters(call.entropy, "secret", 43),
        redirect_uris=uris,
        scopes=scopes,
    )
    state[f"app/{client_id}"] = app
    shown = {name: app[name] for name in ("id", "name", "website", "client_secret", "redirect_uris", "scopes")}
    joined = {"client_id": client_id, "redirect_uri": "\n".join(uris), "client_secret_expires_at": 0}
    return json_reply({**shown, **joined, "vapid_key": "sandbox"})


def token(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /oauth/token`."""
    given = Parameters.of(call)
    client_id = given.text("client_id") or ""
    app: App | None = state.get(f"app/{client_id}")
    if app is None or given.text("client_secret") != app["client_secret"]:
        raise Refused(401, "invalid_client", "Client authentication failed due to unknown client.")
    match given.text("grant_type"):
        case "client_credentials":
            scopes = (given.text("scope") or "read").split()
            if not _covers(app["scopes"], scopes):
                raise Refused(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
            issued = Token(person=None, client_id=client_id, scopes=scopes)
        case "authorization_code":
            issued = _exchange(state, call, given, client_id)
        case _:
            raise Refused(400, "unsupported_grant_type", "The authorization grant type is not supported.")
    text = letters(call.entropy, "token", 43)
    state[f"token/{text}"] = issued
    shown = {"access_token": text, "token_type": "Bearer", "scope": " ".join(issued["scopes"])}
    return json_reply({**shown, "created_at": int(call.now.timestamp())})


def revoke(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /oauth/revoke`. A token that does not exist any more counts as revoked."""
    given = Parameters.of(call)
    client_id, text = given.text("client_id") or "", given.text("token")
    app: App | None = state.get(f"app/{client_id}")
    found: Token | None = state.get(f"token/{text}")
    is_own = app is not None and given.text("client_secret") == app["client_secret"]
    if not is_own or text is None or (found is not None and found["client_id"] != client_id):
        raise Refused(403, "unauthorized_client", "You are not authorized to revoke this token")
    if found is not None:
        del state[f"token/{text}"]
    return json_reply({})


def authenticate(state: State, call: SimulatedCall, scope: str | None) -> Person:
    """Return the account of a call's token, if the token has the scope. None accepts any."""
    scheme, _, text = call.headers.get("authorization", "").partition(" ")
    found: Token | None = state.get(f"token/{text}") if scheme.lower() == "bearer" else None
    if found is None:
        raise Refused(401, "The access token is invalid")
    if found["person"] is None:
        raise Refused(422, "This method requires an authenticated user")
    if state.get(f"revoked/{found['person']}"):
        raise Refused(401, "The access token was revoked")
    if scope is not None and not _covers(found["scopes"], [scope]):
        raise Refused(403, "This action is outside the authorized scopes")
    person: Person = state[f"person/{found['person']}"]
    return person


def app_of(state: State, call: SimulatedCall) -> Mapping[str, Any] | None:
    """Return the app of a call's token as a status shows it."""
    found: Token | None = state.get(f"token/{call.headers.get('authorization', '').partition(' ')[2]}")
    app: App | None = None if found is None else state.get(f"app/{found['client_id']}")
    return None if app is None else {"name": app["name"], "website": app["website"]}


def verify_credentials(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /api/v1/accounts/verify_credentials`."""
    person = authenticate(state, call, "read:accounts")
    if scenario_of(person).is_revoked:  # the one read that connecting needs is still allowed
        state[f"revoked/{person['id']}"] = True
    source = {"privacy": "public", "sensitive": False, "language": "", "note": "", "fields": []}
    role = {"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": False}
    more = {"follow_requests_count": 0, "attribution_domains": [], "hide_collections": None}
    own = [one for key in state if key.startswith("status/") and (one := state[key])["person"] == person["id"]]
    counted = {
        "statuses_count": len(own),
        "last_status_at": max((iso(one["made_at"])[:10] for one in own), default=None),
    }
    return json_reply({**account_entity(person, call.root), **counted, "source": {**source, **more}, "role": role})


def account_entity(person: Person, root: str) -> dict[str, Any]:
    """Return an account as the API shows it, without a count of its statuses: that would read all of them."""
    return {
        "id": person["id"],
        "username": person["username"],
        "acct": person["username"],
        "display_name": f"Sandbox account, scenario {person['scenario']}",
        "created_at": iso(person["made_at"] // 86_400 * 86_400),
        "note": "",
        "url": f"{root}/@{person['username']}",
        "uri": f"{root}/users/{person['username']}",
        **{f"{name}{kind}": f"{root}/{name}.png" for name in ("avatar", "header") for kind in ("", "_static")},
        **dict.fromkeys(("locked", "bot", "indexable", "group", "noindex"), False),
        **dict.fromkeys(("discoverable", "hide_collections", "last_status_at"), None),
        **dict.fromkeys(("followers_count", "following_count", "statuses_count"), 0),
        **{name: [] for name in ("roles", "emojis", "fields")},
    }


def _exchange(state: State, call: SimulatedCall, given: Parameters, client_id: str) -> Token:
    key = f"code/{given.text('code')}"
    code: Code | None = state.get(key)
    is_good = (
        code is not None
        and call.now.timestamp() < code["until"]
        and code["client_id"] in {"", client_id}
        and code["redirect_uri"] in {"", given.text("redirect_uri")}
        and code["challenge"] in {"", _challenge(given.text("code_verifier") or "")}
    )
    if code is None or not is_good:
        raise Refused(400, "invalid_grant", "The provided authorization grant is invalid, expired or revoked.")
    del state[key]
    return Token(person=code["person"], client_id=client_id, scopes=code["scopes"])


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _covers(held: list[str], needed: list[str]) -> bool:
    """Return True if a scope or the broader one that contains it is held."""
    return all(name in held or name.partition(":")[0] in held for name in needed)
