"""Facebook Pages: texts, links, photos, videos, reels, stories and comments.

https://developers.facebook.com/docs/pages-api
"""

from letmepost.domain.budgets import rolling
from letmepost.platforms._meta.budgets import budgets
from letmepost.platforms._meta.calls import sign, signer
from letmepost.platforms._meta.graph import THROTTLED_FOR
from letmepost.platforms._meta.settings import GRAPH_SUNSETS, GRAPH_VERSION
from letmepost.platforms.contract import Platform
from letmepost.platforms.facebook.connect import OAUTH
from letmepost.platforms.facebook.options import FacebookOptions
from letmepost.platforms.facebook.permissions import PERMISSIONS
from letmepost.platforms.facebook.publish import publish
from letmepost.platforms.facebook.read_back import is_there
from letmepost.platforms.facebook.reconcile import reconcile
from letmepost.platforms.facebook.refusals import REFUSALS
from letmepost.platforms.facebook.replies import explain
from letmepost.platforms.facebook.rules import RULES
from letmepost.platforms.facebook.session import check, needs_refresh, refresh
from letmepost.platforms.facebook.settings import FacebookSettings
from letmepost.platforms.facebook.simulator import SIMULATOR
from letmepost.platforms.facebook.unpublish import unpublish

PLATFORM = Platform(
    name="facebook",
    title="Facebook",
    api_version=GRAPH_VERSION,
    sunsets=GRAPH_SUNSETS,
    rules=RULES,
    refusals=REFUSALS,
    permissions=PERMISSIONS,
    options=FacebookOptions,
    settings=FacebookSettings,
    visibility_delay_s=60.0,  # not documented; a post was listed within a minute in every report that we know
    oauth=OAUTH,
    pulls_media=True,
    # Disconnecting revokes nothing: that would end the tokens of the person's other Pages, too.
    check=check,
    refresh=refresh,
    needs_refresh=needs_refresh,
    sign=sign,
    sign_for=signer,
    publish=publish,
    reconcile=reconcile,
    unpublish=unpublish,
    is_there=is_there,
    explain=explain,
    budgets=budgets,
    resets=rolling(THROTTLED_FOR),
    simulator=SIMULATOR,
)
