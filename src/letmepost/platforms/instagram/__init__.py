"""Instagram, by Meta: https://developers.facebook.com/docs/instagram-platform."""

from letmepost.domain.budgets import rolling
from letmepost.platforms._meta.long_lived import needs_refresh
from letmepost.platforms._meta.settings import GRAPH_SUNSETS, GRAPH_VERSION
from letmepost.platforms.contract import Platform
from letmepost.platforms.instagram.budgets import QUOTA_AGAIN_AFTER, budgets
from letmepost.platforms.instagram.connect import OAUTH
from letmepost.platforms.instagram.options import InstagramOptions
from letmepost.platforms.instagram.permissions import PERMISSIONS
from letmepost.platforms.instagram.publish import publish
from letmepost.platforms.instagram.reconcile import reconcile
from letmepost.platforms.instagram.refusals import REFUSALS
from letmepost.platforms.instagram.replies import explain
from letmepost.platforms.instagram.rules import RULES
from letmepost.platforms.instagram.session import check, refresh, sign, sign_for
from letmepost.platforms.instagram.settings import InstagramSettings
from letmepost.platforms.instagram.simulator import SIMULATOR
from letmepost.platforms.instagram.unpublish import unpublish

PLATFORM = Platform(
    name="instagram",
    title="Instagram",
    api_version=GRAPH_VERSION,
    sunsets=GRAPH_SUNSETS,
    rules=RULES,
    refusals=REFUSALS,
    permissions=PERMISSIONS,
    options=InstagramOptions,
    settings=InstagramSettings,
    visibility_delay_s=30.0,  # a container may be FINISHED for some seconds after it was published
    oauth=OAUTH,
    pulls_media=True,
    check=check,
    refresh=refresh,
    needs_refresh=needs_refresh,
    sign=sign,
    sign_for=sign_for,
    publish=publish,
    reconcile=reconcile,
    unpublish=unpublish,
    is_there=None,  # reads of visible posts can fail for days, and a story ends after a day: neither was removed
    explain=explain,
    budgets=budgets,
    resets=rolling(QUOTA_AGAIN_AFTER),
    simulator=SIMULATOR,
)
