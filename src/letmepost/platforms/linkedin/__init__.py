"""LinkedIn (https://learn.microsoft.com/linkedin/marketing): members and the pages that they administer."""

from letmepost.domain.budgets import midnight_utc
from letmepost.platforms.contract import Platform
from letmepost.platforms.linkedin.connect import OAUTH, authors
from letmepost.platforms.linkedin.options import LinkedInOptions
from letmepost.platforms.linkedin.permissions import PERMISSIONS
from letmepost.platforms.linkedin.publish import publish
from letmepost.platforms.linkedin.reconcile import VISIBILITY_DELAY_S, reconcile
from letmepost.platforms.linkedin.refusals import NEVER_RAISED, REFUSALS
from letmepost.platforms.linkedin.replies import explain
from letmepost.platforms.linkedin.resources import RESOURCES
from letmepost.platforms.linkedin.rules import RULES
from letmepost.platforms.linkedin.session import check, needs_refresh, refresh, sign
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.simulator import SIMULATOR
from letmepost.platforms.linkedin.unpublish import unpublish
from letmepost.platforms.linkedin.version import API_VERSION, SUNSETS

PLATFORM = Platform(
    name="linkedin",
    title="LinkedIn",
    api_version=API_VERSION,
    sunsets=SUNSETS,
    rules=RULES,
    refusals=REFUSALS,
    never_raised=NEVER_RAISED,
    permissions=PERMISSIONS,
    options=LinkedInOptions,
    settings=LinkedInSettings,
    visibility_delay_s=VISIBILITY_DELAY_S,
    oauth=OAUTH,
    check=check,
    refresh=refresh,
    needs_refresh=needs_refresh,
    sign=sign,
    publish=publish,
    reconcile=reconcile,
    unpublish=unpublish,
    explain=explain,
    authors=authors,
    resets=midnight_utc,
    resources=RESOURCES,
    simulator=SIMULATOR,
)
