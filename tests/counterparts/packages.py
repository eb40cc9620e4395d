"""The software of other authors that these tests run. The README lists it."""

from collections.abc import Mapping, Sequence

CLIENTS: Mapping[str, Sequence[str]] = {
    "bluesky": ("@atproto/api", "atproto"),
    "facebook": ("facebook-business",),
    "instagram": ("facebook-business",),
    "linkedin": ("linkedin-api-client",),
    "mastodon": ("mastodon-py",),
    "pinterest": ("pinterest-generated-client",),
    "threads": ("threadspipepy",),
    "tiktok": ("tiktok-studio-mcp",),
    "twitter": ("tweepy", "xdk"),
    "youtube": ("google-api-python-client",),
}
"""The clients that publish to a simulator, by platform. The tests of a platform have these as parameters."""

SERVERS: Mapping[str, Sequence[str]] = {"bluesky": ("@atproto/pds",), "mastodon": ("mastodon-mock",)}
"""The servers that deployments publish to, by platform."""
