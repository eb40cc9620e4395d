"""The routes of the simulator."""

from collections.abc import Collection

from letmepost.platforms._kit.simulator.routes import Handler, answer_by
from letmepost.platforms.linkedin.simulator import assets, consent, feed, members, videos
from letmepost.platforms.linkedin.simulator.restli import RestliError, not_found
from letmepost.platforms.linkedin.simulator.versions import check_version
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State


def _versioned(handler: Handler) -> Handler:
    def handle(state: State, call: SimulatedCall, *arguments: str) -> SimulatedReply:
        check_version(call)
        return handler(state, call, *arguments)

    return handle


def _refuse_unknown(call: SimulatedCall, methods: Collection[str]) -> RestliError:
    if not methods:
        return not_found()
    return RestliError(405, "METHOD_NOT_ALLOWED", f"{call.method} is not supported", number=0)


answer = answer_by(
    (
        ("GET", "/oauth/v2/authorization", consent.CONSENT.authorize),
        ("POST", "/oauth/v2/accessToken", consent.TOKENS.token),
        ("POST", "/oauth/v2/introspectToken", consent.introspect),
        ("GET", "/v2/userinfo", members.user_info),
        ("PUT", "/dms-uploads/([0-9]+)", videos.take_bytes),
        *(
            (method, f"/rest/{path}", _versioned(handler))
            for method, path, handler in (
                ("GET", "organizationAcls", members.organization_acls),
                ("GET", "organizations/([0-9]+)", members.organization),
                ("POST", "videos", videos.act),
                ("GET", "videos/([^/]+)", videos.read_video),
                ("POST", "(images|documents)", assets.begin_upload),
                ("GET", "(?:images|documents)/([^/]+)", assets.read_asset),
                ("POST", "posts", feed.create_post),
                ("GET", "posts", feed.list_posts),
                ("GET", "posts/([^/]+)", feed.read_post),
                ("DELETE", "posts/([^/]+)", feed.delete_post),
                ("POST", "socialActions/([^/]+)/comments", feed.create_comment),
                ("GET", "socialActions/([^/]+)/comments", feed.list_comments),
            )
        ),
    ),
    _refuse_unknown,
)
