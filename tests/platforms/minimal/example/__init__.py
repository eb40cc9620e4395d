"""Example (https://docs.example.com), a fictional network."""

from letmepost.platforms.contract import Platform
from tests.platforms.minimal.example.connect import OAUTH
from tests.platforms.minimal.example.options import ExampleOptions
from tests.platforms.minimal.example.permissions import PERMISSIONS
from tests.platforms.minimal.example.publish import VISIBILITY_DELAY_S, publish, reconcile, unpublish
from tests.platforms.minimal.example.refusals import REFUSALS
from tests.platforms.minimal.example.replies import explain
from tests.platforms.minimal.example.rules import RULES
from tests.platforms.minimal.example.session import check, needs_refresh, refresh, sign
from tests.platforms.minimal.example.settings import ExampleSettings
from tests.platforms.minimal.example.simulator import SIMULATOR

PLATFORM = Platform(
    name="example",
    title="Example",
    api_version=None,
    rules=RULES,
    refusals=REFUSALS,
    permissions=PERMISSIONS,
    options=ExampleOptions,
    settings=ExampleSettings,
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
    simulator=SIMULATOR,
)
