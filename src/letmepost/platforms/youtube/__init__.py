"""YouTube: https://developers.google.com/youtube/v3."""

from letmepost.domain.budgets import midnight_pacific
from letmepost.platforms.contract import Platform
from letmepost.platforms.youtube.connect import OAUTH
from letmepost.platforms.youtube.costs import COST_ZONE, costs, daily_limits, priced_calls
from letmepost.platforms.youtube.options import YouTubeOptions
from letmepost.platforms.youtube.permissions import PERMISSIONS
from letmepost.platforms.youtube.publish import publish
from letmepost.platforms.youtube.read_back import is_there
from letmepost.platforms.youtube.reconcile import VISIBILITY_DELAY_S, reconcile
from letmepost.platforms.youtube.refusals import REFUSALS
from letmepost.platforms.youtube.replies import explain, needs_refresh
from letmepost.platforms.youtube.rules import RULES
from letmepost.platforms.youtube.session import check, refresh, sign
from letmepost.platforms.youtube.settings import YouTubeSettings
from letmepost.platforms.youtube.simulator import SIMULATOR
from letmepost.platforms.youtube.unpublish import unpublish

PLATFORM = Platform(
    name="youtube",
    title="YouTube",
    api_version=None,
    rules=RULES,
    refusals=REFUSALS,
    permissions=PERMISSIONS,
    options=YouTubeOptions,
    settings=YouTubeSettings,
    visibility_delay_s=VISIBILITY_DELAY_S,
    oauth=OAUTH,
    check=check,
    refresh=refresh,
    needs_refresh=needs_refresh,
    sign=sign,
    publish=publish,
    reconcile=reconcile,
    unpublish=unpublish,
    is_there=is_there,
    explain=explain,
    costs=costs,
    cost_zone=COST_ZONE,
    daily_limits=daily_limits,
    priced_calls=priced_calls,
    resets=midnight_pacific,
    simulator=SIMULATOR,
)
