"""Facebook Login: the consent of a person, who then has a token for 60 days.

https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow and
https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived (checked 2026-11-21). There
is no PKCE: the app's secret replaces it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from letmepost.domain.flow import Auth, Flow, Reply
from letmepost.platforms._kit import oauth
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.fields import objects_in, text_in
from letmepost.platforms._kit.flows import Explain, fetch
from letmepost.platforms._meta import refusals
from letmepost.platforms._meta.calls import graph_url, read, with_token
from letmepost.platforms._meta.graph import is_list, read_error, read_id
from letmepost.platforms._meta.settings import GraphSettings
from letmepost.platforms.connecting import ConsentRequest, Grant

_CODE_INVALID = 100
_APP_INVALID = frozenset({1, 101})
"""At this endpoint with a 4xx: a wrong secret and an unknown app. Elsewhere, 1 means an unknown error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who has consented.

    Args:
        id: the app's own id of the person, which Meta's callbacks name.
        token: valid for 60 days, so that the tokens of Pages that it returns do not expire.
        scopes: the granted permissions.
    """

    id: str
    token: str = field(repr=False)
    scopes: tuple[str, ...]


def consent_url(request: ConsentRequest, settings: GraphSettings, scopes: Iterable[str]) -> str:
    """Return the URL of the dialog. It asks again for permissions that the person has declined before."""
    endpoint = f"{base_url(settings.web_url)}/{settings.api_version}/dialog/oauth"
    return oauth.consent_url(endpoint, settings.client_id, request, scopes, separator=",", auth_type="rerequest")


def log_in(grant: Grant, settings: GraphSettings, required: Collection[str], explain: Explain) -> Flow[Person]:
    """Return the person who has consented.

    Args:
        required: the permissions without which no account can be connected.

    Raises:
        PlatformFailure: auth_failed for a code that was used or has expired. InputRefused if the person has declined a
            required permission.
    """
    # Facebook appends `#_=_` to the URL that it returns to, and a person may copy it with the code.
    code = {"redirect_uri": grant.redirect_uri, "code": grant.code.removesuffix("#_=_")}
    short = yield from _exchange(code, settings, explain)
    prolonging = {"grant_type": "fb_exchange_token", "fb_exchange_token": short}
    token = yield from _exchange(prolonging, settings, explain)
    me = with_token(read(settings, "me", fields="id,name"), token, settings)
    person_id = yield from fetch(me, read_id, explain)
    granted = with_token(read(settings, "me/permissions"), token, settings)
    scopes = yield from fetch(granted, _granted, explain)
    declined = [scope for scope in required if scope not in scopes]
    if declined:
        raise refusals.PERMISSIONS_DECLINED(scopes=", ".join(declined))
    return Person(id=person_id, token=token, scopes=scopes)


def _exchange(form: dict[str, str], settings: GraphSettings, explain: Explain) -> Flow[str]:
    url = graph_url(settings, "oauth/access_token")
    call = oauth.app_call(url, form, app=settings, method="client_secret_post", auth=Auth.NONE)
    reply = yield call
    error = read_error(reply)
    if error is not None and reply.status < 500:
        if error.code in _APP_INVALID:
            raise refusals.APP_REFUSED(response=explain(call, reply).response)
        if error.code == _CODE_INVALID:
            raise refusals.CODE_INVALID(response=explain(call, reply).response)
        raise explain(call, reply)
    return oauth.read_tokens(call, reply, explain).access_token


def _granted(reply: Reply) -> tuple[str, ...] | None:
    if not is_list(reply):
        return None
    rows = objects_in(reply.data(), "data")
    names = (text_in(row, "permission") for row in rows if row.get("status") == "granted")
    return tuple(name for name in names if name is not None)
