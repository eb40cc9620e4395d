"""Every option of every platform is in a post that the other tests publish."""

from letmepost.platforms.contract import Platform
from tests.platforms.suite.description import PlatformSuite
from tests.platforms.suite.suites import SUITES, each_suite

_EVERY_PLATFORM_HAS = "platform"


def options_of(platform: Platform) -> set[str]:
    """Return the names of a platform's options, as callers spell them."""
    fields = platform.options.model_fields.items()
    return {field.alias or name for name, field in fields} - {_EVERY_PLATFORM_HAS}


@each_suite
def test_every_option_is_published_by_an_example(suite: PlatformSuite) -> None:
    with_any_login = [other for other in SUITES.values() if other.platform.options is suite.platform.options]
    published = {
        name for other in with_any_login for content in other.posts().values() for name in content.get("options", ())
    }
    elsewhere = {name for other in with_any_login for name in other.options_elsewhere}
    assert published | elsewhere == options_of(suite.platform)
    assert not published & elsewhere
