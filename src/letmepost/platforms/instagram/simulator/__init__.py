"""A simulator of the Instagram API, with both logins and their consent pages.

It speaks the protocol of the fact sheet: consent and tokens, containers and their publishing, lists, comments, quotas
and refusals. It fetches nothing, so only the URLs of media are checked; of videos that it receives, the size and
the checksum are shown. It is as pure as a flow: the time and the
randomness come with each call. It implements Instagram's limits and text counting separately, and imports no rules,
counting or flows, so that the two check each other.

The state's keys beside those of Facebook Login, each with a value that is only ever replaced as a whole:

    account/<id>                       the professional accounts
    oauth/code/<code>  oauth/token/<token>      their consents
    container/<id>  post/<id>  comment/<id>     what they publish
    spent/<account>                    the times of what counts toward a day's quota
    attempts/<account>  revoked/<account>  lost/<post>  first_upload/<account>      the progress of a scenario
"""

from pydantic import AnyHttpUrl, SecretStr

from letmepost.platforms._kit.simulator.oauth.grants import App, replace_token
from letmepost.platforms._kit.simulator.profiles import profiles_of, rename_in
from letmepost.platforms._kit.simulator.scenarios import summaries_of
from letmepost.platforms._meta.simulator.rupload import UPLOAD_HOST
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.instagram.settings import InstagramSettings, Login
from letmepost.platforms.instagram.simulator import instagram_login, page_login, router
from letmepost.platforms.instagram.simulator.posts import visible_posts
from letmepost.platforms.instagram.simulator.scenarios import SCENARIOS
from letmepost.platforms.simulation import Simulator


def settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return settings that point every host at the simulator, with the app of Instagram Login."""
    return _settings(base, "instagram_login", instagram_login.APP)


def page_settings(base: AnyHttpUrl) -> PlatformSettings:
    """Return the same for Facebook Login."""
    return _settings(base, "facebook_login", page_login.APP)


def _settings(base: AnyHttpUrl, login: Login, app: App) -> InstagramSettings:
    root = str(base).rstrip("/")
    return InstagramSettings(
        login=login,
        client_id=app.client_id,
        client_secret=SecretStr(app.client_secret),
        api_url=AnyHttpUrl(f"{root}/{router.INSTAGRAM_API}"),
        oauth_url=AnyHttpUrl(f"{root}/{router.INSTAGRAM_OAUTH}"),
        authorize_url=AnyHttpUrl(f"{root}/{router.INSTAGRAM_WEB}/oauth/authorize"),
        page_api_url=AnyHttpUrl(f"{root}/{router.PAGE_API}"),
        upload_url=AnyHttpUrl(f"{root}/{UPLOAD_HOST}"),
        page_web_url=AnyHttpUrl(f"{root}/{router.PAGE_WEB}"),
    )


SIMULATOR = Simulator(
    answer=router.answer,
    create_account=instagram_login.CONSENT.page.create_account,
    posts=visible_posts,
    scenarios=summaries_of(SCENARIOS),
    settings=settings,
    profiles=profiles_of("account", handle="username"),
    rename=rename_in("account", handle="username"),
    replace_token=replace_token,
    color="#c13584",
)
