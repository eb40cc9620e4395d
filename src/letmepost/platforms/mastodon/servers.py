"""The servers that people choose: their names, and the app that is registered at each.

https://docs.joinmastodon.org/methods/apps/#create (checked 2026-11-29): anyone may register an app.
"""

import re
from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType
from urllib.parse import urlsplit

import idna

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Flow, Reply
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms.connecting import App, Servers
from letmepost.platforms.mastodon.api import register_app
from letmepost.platforms.mastodon.refusals import NOT_A_SERVER, SERVER_INVALID
from letmepost.platforms.mastodon.replies import explain
from letmepost.platforms.mastodon.settings import MastodonSettings

FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"publish": ("read:accounts", "read:statuses", "write:statuses"), "media": ("write:media",)}
)
SCOPES = tuple(chain.from_iterable(FEATURES.values()))
"""What an app is registered for. An account can consent to these and to nothing else."""

_TYPED_MAX_CHARS = 500
_SHOWN_MAX_CHARS = 100
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NAME_MAX_CHARS = 253
_CREDENTIAL = re.compile(r"[!-~]{1,512}")


def parse_server(typed: str) -> str:
    """Return the name of the server that a person typed as a domain, an address or a handle: `mastodon.social`.

    A port that is not 443 is part of the name. International domains are returned in their ASCII form.

    Raises:
        InvalidRequest: it is not the name of a server.
    """
    text = typed.strip() if len(typed) <= _TYPED_MAX_CHARS else ""
    if not _SCHEME.match(text):
        text = f"https://{text.rpartition('@')[2] if '/' not in text.partition('@')[0] else text}"
    name = _name_in(text)
    if name is None:
        raise SERVER_INVALID(field="server", given=typed.strip()[:_SHOWN_MAX_CHARS])
    return name


def register(server: str, redirect_uri: str, settings: MastodonSettings) -> Flow[App]:
    """Register this deployment's app at a server.

    Raises:
        PlatformFailure: the server could not be reached, or is not one of Mastodon's kind.
    """
    form = {"client_name": settings.client_name, "redirect_uris": redirect_uri, "scopes": " ".join(SCOPES)}
    call = register_app(settings.url_of(server), form)
    reply = yield call
    app = _app_in(reply, server)
    if app is None:
        failure = explain(call, reply)
        is_temporary = failure.kind is FailureKind.RATE_LIMITED or reply.status >= 500
        raise failure if is_temporary else NOT_A_SERVER(server=server, response=failure.response)
    return app


SERVERS = Servers(parse=parse_server, register=register)


def _name_in(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except ValueError:  # IDNAError is a ValueError
        return None
    labels = ascii_host.removesuffix(".").split(".")
    is_domain = len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    name = ".".join(labels) + ("" if port in {None, 443} else f":{port}")
    return name if is_domain and len(name) <= _NAME_MAX_CHARS and port != 0 else None


def _app_in(reply: Reply, server: str) -> App | None:
    found = [text_in(reply.data(), name) or "" for name in ("client_id", "client_secret")]
    if not reply.ok or not all(map(_CREDENTIAL.fullmatch, found)):
        return None
    return App(server=server, client_id=found[0], client_secret=found[1])
