"""TikTok's limits, each with its source. The options' schema defines their form, the rules define their limits."""

from letmepost.domain.limits import NoComment, SinglePart, rules_of
from letmepost.domain.rules import Rule
from letmepost.platforms.tiktok.media_rules import MEDIA_LIMITS
from letmepost.platforms.tiktok.option_rules import DOMAIN, OPTION_LIMITS, UNAUDITED
from letmepost.platforms.tiktok.settings import TikTokSettings
from letmepost.platforms.tiktok.sources import DIRECT_POST


def rules_for(settings: TikTokSettings) -> tuple[Rule, ...]:
    """Return the rules of a deployment: TikTok restricts unaudited apps, and fetches from verified domains only."""
    return rules_of(
        "TikTok",
        (
            SinglePart("tiktok.thread.supported", source=DIRECT_POST),
            NoComment("tiktok.first_comment.supported", source=DIRECT_POST),
            *MEDIA_LIMITS,
            *OPTION_LIMITS,
            *(() if settings.app_audited else (UNAUDITED,)),
            *(() if settings.media_url_prefix_verified else (DOMAIN,)),
        ),
    )


RULES = rules_for(TikTokSettings())
