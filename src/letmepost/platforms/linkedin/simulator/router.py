"""Routes calls to their handlers."""

import re
from collections.abc import Callable
from typing import TypeAlias

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.linkedin.simulator import assets, consent, feed, members
from letmepost.platforms.linkedin.simulator.restli import RestliError, not_found
from letmepost.platforms.linkedin.simulator.versions import check_version

Handler: TypeAlias = Callable[[State, SimulatedCall], SimulatedReply]

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", r"/oauth/v2/authorization", consent.authorize),
    ("POST", r"/oauth/v2/accessToken", consent.access_token),
    ("POST", r"/oauth/v2/introspectToken", consent.introspect),
    ("GET", r"/v2/userinfo", members.user_info),
    ("GET", r"/rest/organizationAcls", members.organization_acls),
    ("GET", r"/rest/organizations/[0-9]+", members.organization),
    ("POST", r"/rest/(?:images|documents)", assets.begin_upload),
    ("GET", r"/rest/(?:images|documents)/[^/]+", assets.read_asset),
    ("PUT", r"/dms-uploads/[0-9]+", assets.take_bytes),
    ("POST", r"/rest/posts", feed.create_post),
    ("GET", r"/rest/posts", feed.list_posts),
    ("GET", r"/rest/posts/[^/]+", feed.read_post),
    ("DELETE", r"/rest/posts/[^/]+", feed.delete_post),
    ("POST", r"/rest/socialActions/[^/]+/comments", feed.create_comment),
    ("GET", r"/rest/socialActions/[^/]+/comments", feed.list_comments),
)


def answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Change the state as the call requests, and return LinkedIn's response."""
    try:
        handler = _find_handler(call)
        if call.path.startswith("/rest/"):
            check_version(call)
        return handler(state, call)
    except RestliError as refusal:
        return refusal.reply()


def _find_handler(call: SimulatedCall) -> Handler:
    matching = [(method, handler) for method, path, handler in ROUTES if re.fullmatch(path, call.path)]
    if not matching:
        raise not_found()
    found = dict(matching).get(call.method)
    if found is None:
        raise RestliError(405, "METHOD_NOT_ALLOWED", f"{call.method} is not supported", number=0)
    return found
