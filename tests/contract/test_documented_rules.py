"""Every rule id that callers may know from letmepost.dev has a page."""

from itertools import chain

from letmepost.http.docs.layout import prose
from letmepost.http.docs.rules import explained_rules, explanation_page, rules_page
from letmepost.http.errors import rule_page
from letmepost.platforms import discover
from letmepost.platforms.planned import PLANNED
from tests.cases import for_each

_PLATFORMS = tuple(discover().values())
_EXPLAINED = explained_rules(_PLATFORMS)
_DOCUMENTED = (
    "bluesky.first_comment.max_graphemes",
    "bluesky.first_comment.non_empty",
    "bluesky.media.alt_text_max_graphemes",
    "bluesky.media.count_max",
    "bluesky.media.image_size_max",
    "bluesky.media.image_video_exclusive",
    "bluesky.media.mime_allowed",
    "bluesky.media.video_size_max",
    "bluesky.text.max_graphemes",
    "bluesky.text.non_empty",
    "facebook.media.count_max",
    "facebook.media.image_size_max",
    "facebook.media.image_video_exclusive",
    "facebook.media.mime_allowed",
    "facebook.media.video_size_max",
    "facebook.pages.none",
    "facebook.text.max_graphemes",
    "facebook.text.required",
    "instagram.media.alt_text_max_graphemes",
    "instagram.media.aspect_ratio",
    "instagram.media.count_max",
    "instagram.media.image_size_max",
    "instagram.media.mime_allowed",
    "instagram.media.reachable",
    "instagram.media.required",
    "instagram.media.video_size_max",
    "instagram.text.max_graphemes",
    "linkedin.author.org_not_supported",
    "linkedin.author.unresolved",
    "linkedin.author.urn_format",
    "linkedin.text.max_graphemes",
    "linkedin.text.non_empty",
    "linkedin.visibility.enum",
    "media.bytes_inline_unsupported",
    "media.unknown",
    "meta.container.expired",
    "pinterest.board.required",
    "pinterest.destination_url.reachable",
    "pinterest.image.mime_allowed",
    "pinterest.image.size_max",
    "pinterest.image_url.reachable",
    "pinterest.media.image_only",
    "pinterest.media.required",
    "pinterest.media.single_only",
    "pinterest.url.reachable",
    "threads.container.error",
    "threads.container.expired",
    "threads.media.alt_text_max_graphemes",
    "threads.media.count_max",
    "threads.media.image_size_max",
    "threads.media.mime_allowed",
    "threads.media.video_size_max",
    "threads.text.max_graphemes",
    "threads.text.required",
    "tiktok.audit.self_only",
    "tiktok.branded_content.mutual_exclusive",
    "tiktok.file_format.invalid",
    "tiktok.media.required",
    "tiktok.media.single_only",
    "tiktok.media.video_required",
    "tiktok.privacy.not_allowed",
    "tiktok.publish.failed",
    "tiktok.publish.pending",
    "tiktok.resolution.unsupported",
    "tiktok.text.hashtag_max",
    "tiktok.text.max_chars",
    "tiktok.upload.chunk_failed",
    "tiktok.upload.unreachable",
    "tiktok.video.size_max",
    "tiktok.video.too_long",
    "tiktok.video.too_short",
    "twitter.media.gif_size_max",
    "twitter.media.image_size_max",
    "twitter.media.mime_allowed",
    "twitter.media.single_only",
    "twitter.media.video_size_max",
    "twitter.text.max_graphemes",
    "twitter.text.non_empty",
)


@for_each(_DOCUMENTED)
def test_documented_rule_has_a_page(rule_id: str) -> None:
    rule = _EXPLAINED[rule_page(rule_id)]
    assert rule.id == rule_id
    assert prose(rule.summary) in explanation_page(rule).body


@for_each(_DOCUMENTED)
def test_documented_rule_is_listed(rule_id: str) -> None:
    assert f'href="/docs/preflight/{rule_page(rule_id)}"' in rules_page(_PLATFORMS).body


def test_every_page_of_a_rule_that_is_never_raised_explains_why() -> None:
    explanations = [*(platform.never_raised for platform in _PLATFORMS), *PLANNED.values()]
    for explanation in chain.from_iterable(explanations):
        assert "never raised" in explanation.summary, explanation.id
