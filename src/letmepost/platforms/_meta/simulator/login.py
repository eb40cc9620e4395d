"""The dialog, the token endpoint, and what a person's token reads: permissions, Pages, businesses.

Source: fact sheet sections M3 and F1, after https://developers.facebook.com/docs/facebook-login and
https://developers.facebook.com/docs/pages-api/manage-pages, checked 2026-11-28.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from letmepost.platforms._kit.simulator.oauth.consent import Choice, ConsentEndpoint, NewAccount
from letmepost.platforms._kit.simulator.oauth.grants import App, find_token, issue_token, only
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Granted, Lifetimes, Problem, TokenEndpoint
from letmepost.platforms._kit.simulator.pages import account_url, picture_url
from letmepost.platforms._meta.simulator.graph import Parameters, Refused, json_reply, shown, wrong_parameter
from letmepost.platforms._meta.simulator.lists import listed
from letmepost.platforms._meta.simulator.people import Page, find_page, pages_of
from letmepost.platforms._meta.simulator.tokens import (
    LONG_LIVED,
    OF_PAGE,
    Session,
    authenticate,
    find_session,
    new_secret,
    page_token,
    unsupported,
)
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

DENIAL = {
    "error": "access_denied",
    "error_code": "200",
    "error_description": "Permissions error",
    "error_reason": "user_denied",
}
"""What the app receives if the person cancels."""
LONG_LIFETIME = timedelta(days=60)
_REFUSALS = {
    "client_secret": ("Error validating client secret.", 1, None),
    "grant_type": ("Unsupported grant type", 100, None),
    "code": ("This authorization code has been used.", 100, 36009),
    "redirect_uri": ("Error validating verification code. Please make sure your redirect_uri is identical", 100, 36008),
}
"""Message, code and subcode, by the name of the parameter that is missing or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Facebook Login of one simulated network.

    Args:
        title, scopes, choices, new_account: as in `ConsentEndpoint`. The account of a consent is a person.
    """

    title: str
    app: App
    scopes: tuple[str, ...]
    choices: Callable[[State], Sequence[Choice]]
    new_account: NewAccount

    @property
    def consent(self) -> ConsentEndpoint:
        """The dialog."""
        return ConsentEndpoint(
            title=self.title,
            find_app=only(self.app),
            scopes=self.scopes,
            choices=self.choices,
            new_account=self.new_account,
            new_secret=new_secret,
            code_lifetime=timedelta(minutes=10),
            uses_pkce=False,
            scope_separators=", ",
        )

    def exchange(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """`GET` or `POST /oauth/access_token`: of a code, or of a person's token for one that is valid for 60 days."""
        form = dict(Parameters.of(call).values)
        endpoint = TokenEndpoint(
            find_app=only(self.app),
            new_secret=new_secret,
            lifetimes=lambda *_: Lifetimes(access=timedelta(hours=1)),
            refuse=_refuse,
            describe=_describe,
        )
        if form.get("grant_type") == "fb_exchange_token":
            endpoint.authenticate_app(state, call, form)
            return self._prolong(state, call, form.get("fb_exchange_token", ""))
        return endpoint.respond(state, call, {"grant_type": "authorization_code", **form})

    def me(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """`GET /me`: the Page, or the person."""
        session = authenticate(state, call, self.app)
        if session.page is None:
            return shown({"id": session.user["id"], "name": session.user["name"]}, Parameters.of(call))
        return shown(page_fields(state, session.page, call), Parameters.of(call))

    def permissions(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """`GET /me/permissions`: every permission, with `declined` for those that were deselected."""
        session = self._person(state, call)
        granted = session.token["scopes"]
        rows = [{"permission": scope, "status": "granted" if scope in granted else "declined"} for scope in self.scopes]
        return json_reply({"data": rows})

    def accounts(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """`GET /me/accounts`: the Pages with a role of the person, without those of business portfolios."""
        session = self._person(state, call, "pages_show_list")
        pages = [page for page in pages_of(state, session.user["id"]) if page["business"] is None]
        return self._pages(state, call, session, pages)

    def businesses(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """`GET /me/businesses`."""
        session = self._person(state, call, "business_management")
        found = [state[key] for key in state if key.startswith("business/")]
        return listed(call, [one for one in found if one["user"] == session.user["id"]])

    def business_pages(self, state: State, call: SimulatedCall, business_id: str, edge: str) -> SimulatedReply:
        """`GET /{business}/owned_pages` and `…/client_pages`. A Page without a role of the person has no token."""
        session = self._person(state, call, "business_management")
        if state.get(f"business/{business_id}", {}).get("user") != session.user["id"]:
            raise unsupported(business_id)
        owned: list[Page] = [state[key] for key in state if key.startswith("page/")] if edge == "owned_pages" else []
        return self._pages(state, call, session, [page for page in owned if page["business"] == business_id])

    def page(self, state: State, call: SimulatedCall, page_id: str) -> SimulatedReply:
        """`GET /{page}`, with the token of the Page or of a person who has a role on it."""
        session, page = authenticate(state, call, self.app), find_page(state, page_id)
        if page is None or (session.page is not None and session.page["id"] != page_id):
            raise unsupported(page_id)
        return shown(self._page_fields(state, call, session, page), Parameters.of(call))

    def debug_token(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """`GET /debug_token`, with the token of the app: status 200 for an invalid token, too."""
        given = Parameters.of(call)
        if given.get("access_token") != f"{self.app.client_id}|{self.app.client_secret}":
            authenticate(state, call, self.app)
        text = given.require("input_token")
        token = find_token(state, text)
        if token is None:
            raise wrong_parameter("(#100) The access token could not be decrypted")
        shown_token: dict[str, Any] = {
            "app_id": self.app.client_id,
            "type": "PAGE" if token["kind"] == OF_PAGE else "USER",
            "expires_at": int(token["expires_at"] or 0),
            "issued_at": int(token["issued_at"]),
            "user_id": state.get(f"issuer/{text}", token["account_id"]),
        }
        try:
            find_session(state, text, call.now)
        except Refused as refused:
            error = refused.error
            return json_reply({"data": {**shown_token, "is_valid": False, "error": error, "scopes": []}})
        return json_reply({"data": {**shown_token, "is_valid": True, "scopes": token["scopes"]}})

    def _prolong(self, state: State, call: SimulatedCall, text: str) -> SimulatedReply:
        session = find_session(state, text, call.now)
        if session.page is not None:
            raise wrong_parameter("(#100) The token of a Page cannot be exchanged")
        issued = issue_token(
            state,
            new_secret(call.entropy, LONG_LIVED),
            client_id=session.token["client_id"],
            account_id=session.user["id"],
            kind=LONG_LIVED,
            scopes=session.token["scopes"],
            now=call.now,
            lifetime=LONG_LIFETIME,
        )
        return json_reply(_described(issued.text, issued.seconds_left(call.now)))

    def _person(self, state: State, call: SimulatedCall, *scopes: str) -> Session:
        session = authenticate(state, call, self.app, *scopes)
        if session.page is not None:
            raise Refused("(#210) A user access token is required to request this resource.", code=210)
        return session

    def _pages(self, state: State, call: SimulatedCall, session: Session, pages: Collection[Page]) -> SimulatedReply:
        return listed(call, [self._page_fields(state, call, session, page) for page in pages])

    def _page_fields(self, state: State, call: SimulatedCall, session: Session, page: Page) -> dict[str, Any]:
        """Return the fields of a Page, with its token and the tasks of a person who has a role on it."""
        tasks = page["roles"].get(session.user["id"])
        if tasks is None:
            return page_fields(state, page, call)
        token = session.text if session.page is not None else page_token(state, session, page, call)
        return {**page_fields(state, page, call), "access_token": token, "tasks": tasks}


def page_fields(state: State, page: Page, call: SimulatedCall) -> dict[str, Any]:
    """Return the fields of a Page that every token may see."""
    professional = None if page["professional"] is None else state[f"professional/{page['professional']}"]
    return {
        "id": page["id"],
        "name": page["name"],
        "username": page["username"],
        "is_published": page["is_published"],
        "link": account_url(call, page["id"]),
        "picture": {"data": {"url": picture_url(call)}},
        **({} if professional is None else {"instagram_business_account": _professional_fields(professional, call)}),
    }


def _professional_fields(account: Mapping[str, Any], call: SimulatedCall) -> dict[str, Any]:
    names = {name: account[name] for name in ("id", "username", "name")}
    return {**names, "profile_picture_url": picture_url(call)}


def _refuse(_problem: Problem, name: str) -> Refused:
    message, code, subcode = _REFUSALS.get(name, (f"Missing {name} parameter.", 100, None))
    return Refused(message, code=code, subcode=subcode)


def _describe(granted: Granted) -> dict[str, Any]:
    return _described(granted.access.text, granted.access.seconds_left(granted.now))


def _described(token: str, lifetime_s: int | None) -> dict[str, Any]:
    return {"access_token": token, "token_type": "bearer", "expires_in": lifetime_s}
