"""The routes of the simulator, with the scopes and the cost of each. Source: fact sheet sections 1.2 and 5."""

from collections.abc import Collection

from letmepost.platforms._kit.simulator.routes import answer_by
from letmepost.platforms.simulation import SimulatedCall
from letmepost.platforms.youtube.simulator import attachments, comments, oauth, playlists, uploads, videos
from letmepost.platforms.youtube.simulator.channels import list_channels, signed
from letmepost.platforms.youtube.simulator.wire import YouTubeError

_COMMENT = ("youtube.force-ssl",)
_CAPTION = (*_COMMENT, "youtubepartner")
_MANAGE = (*_CAPTION, "youtube")
_READ = (*_MANAGE, "youtube.readonly")
_UPLOAD = (*_MANAGE, "youtube.upload")
_API = "/youtube/v3"
_UPLOADS = "(?:/resumable)?/upload/youtube/v3"


def _refuse_unknown(_call: SimulatedCall, methods: Collection[str]) -> YouTubeError:
    if methods:
        return YouTubeError(405, "httpMethodNotAllowed", "The HTTP method is not allowed here.")
    return YouTubeError(404, "notFound", "Not Found")


answer = answer_by(
    (
        ("GET", "/o/oauth2/v2/auth", oauth.authorize),
        ("POST", "/token", oauth.grant_tokens),
        ("POST", "/revoke", oauth.revoke),
        ("GET", "/tokeninfo", oauth.token_info),
        ("POST", f"{_UPLOADS}/videos", signed(uploads.open_session, _UPLOAD, units=1, bucket="uploads")),
        ("PUT", f"{_UPLOADS}/videos", uploads.receive),
        ("GET", f"{_API}/search", signed(videos.search, _READ, units=1, bucket="searches")),
        ("GET", f"{_API}/videos:batchGetStats", signed(videos.statistics, _READ, units=1, bucket="statistics")),
        *(
            (method, path, signed(handler, scopes, units=units))
            for method, path, handler, scopes, units in (
                ("POST", f"{_UPLOADS}/thumbnails/set", attachments.set_thumbnail, _UPLOAD, 50),
                ("POST", f"{_UPLOADS}/captions", attachments.add_caption, _CAPTION, 400),
                ("GET", f"{_API}/captions", attachments.list_captions, _CAPTION, 50),
                ("GET", f"{_API}/channels", list_channels, _READ, 1),
                ("GET", f"{_API}/videos", videos.listing, _READ, 1),
                ("PUT", f"{_API}/videos", videos.update, _MANAGE, 50),
                ("DELETE", f"{_API}/videos", videos.delete, _MANAGE, 50),
                ("GET", f"{_API}/videoCategories", videos.categories, _READ, 1),
                ("GET", f"{_API}/playlists", playlists.listing, _READ, 1),
                ("POST", f"{_API}/playlists", playlists.create, _MANAGE, 50),
                ("GET", f"{_API}/playlistItems", playlists.list_items, _READ, 1),
                ("POST", f"{_API}/playlistItems", playlists.add, _MANAGE, 50),
                ("GET", f"{_API}/commentThreads", comments.listing, _COMMENT, 1),
                ("POST", f"{_API}/commentThreads", comments.create, _COMMENT, 50),
            )
        ),
    ),
    _refuse_unknown,
)
