"""TikTok's limits on its options, on texts, and on what an account or the deployment's app may do."""

from collections.abc import Iterator

from letmepost.domain.content import MediaKind, PostContent
from letmepost.domain.lengths import UTF16
from letmepost.domain.limits import NamedText, TextLimit, Texts, option_text, rules_of
from letmepost.domain.rules import FACTS_VALID_FOR, Finding, PostTarget, Rule
from letmepost.domain.text import is_blank
from letmepost.platforms.tiktok.creator import Creator
from letmepost.platforms.tiktok.options import TikTokOptions
from letmepost.platforms.tiktok.sources import CREATOR_INFO, DIRECT_POST, GUIDELINES, PHOTO_POST, UPLOAD

_OWNER_ONLY = "SELF_ONLY"


def is_photo_post(content: PostContent) -> bool:
    """Return True for a post of photos, which TikTok publishes by another call than a video."""
    return bool(content.media) and content.media[0].kind is MediaKind.IMAGE


def _text(*, of_photos: bool) -> Texts:
    def texts(target: PostTarget[TikTokOptions]) -> Iterator[NamedText]:
        if is_photo_post(target.content) is of_photos:
            yield NamedText("text", "Post text", target.content.text)

    return texts


def _without_privacy(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    if target.options.privacy is None and not target.options.is_inbox and target.content.media:
        creator = Creator.of_account(target.account)
        yield Finding(
            field="options.privacy",
            message="The post states no privacy, and TikTok allows no default.",
            remediation=None
            if creator is None
            else f"Send one of {', '.join(creator.privacy_levels)} as `options.privacy`.",
        )


def _privacy_of_others(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    creator, privacy = Creator.of_account(target.account), target.options.privacy
    if creator is not None and privacy is not None and privacy not in creator.privacy_levels:
        allowed = ", ".join(creator.privacy_levels)
        yield Finding(
            field="options.privacy",
            actual=privacy,
            limit=allowed,
            message=f"The account cannot publish with the privacy {privacy}. TikTok allows {allowed}.",
        )


def _disabled_interactions(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    creator = Creator.of_account(target.account)
    if creator is not None and not target.options.is_inbox:
        for name in creator.forbidden(target.options, is_photo=is_photo_post(target.content)):
            field = f"disable{name.capitalize()}"
            message = f"The post allows what the creator has disabled: {name}."
            yield Finding(field=f"options.{field}", message=message, remediation=f"Omit `{field}`, or set it to true.")


def _hidden_partnership(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    if target.options.brand_content_toggle and target.options.privacy == _OWNER_ONLY:
        message = "A paid partnership cannot be visible only to its creator."
        yield Finding(field="options.privacy", actual=_OWNER_ONLY, message=message)


def _of_unaudited_app(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    privacy = target.options.privacy
    if not target.options.is_inbox and privacy not in {None, _OWNER_ONLY}:
        message = f"The privacy is {privacy}, and TikTok has not audited the app of this deployment."
        yield Finding(field="options.privacy", actual=privacy, message=message)


def _photos_from_unverified_domain(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    if is_photo_post(target.content):
        message = "TikTok fetches photos itself, and does not know the domain of this deployment."
        yield Finding(field="media[0]", message=message)


def _video_with_photo_options(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    options = target.options
    if is_photo_post(target.content):
        return
    given = {
        "title": options.title,
        "photoCoverIndex": options.photo_cover_index,
        "autoAddMusic": options.auto_add_music,
    }
    for name, value in given.items():
        if value:
            yield Finding(field=f"options.{name}", message=f"`{name}` is set, and a video on TikTok has none.")


def _missing_cover(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    index, count = target.options.photo_cover_index, len(target.content.media)
    if is_photo_post(target.content) and index >= count:
        message = f"`photoCoverIndex` is {index}, and the post has {count} photos."
        yield Finding(field="options.photoCoverIndex", actual=index, message=message)


def _inbox_text(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    if target.options.is_inbox and not is_photo_post(target.content) and not is_blank(target.content.text):
        message = "The post has a text, and TikTok takes none with a video for the inbox."
        yield Finding(field="text", actual=len(target.content.text), message=message)


def _inbox_options(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    options = target.options
    given = {
        "brandContentToggle": options.brand_content_toggle,
        "brandOrganicToggle": options.brand_organic_toggle,
        "isAigc": options.is_aigc,
        "autoAddMusic": options.auto_add_music,
    }
    for name, value in given.items():
        if value and options.is_inbox:
            message = f"`{name}` is set, and TikTok ignores it for the inbox: the creator decides in the app."
            yield Finding(field=f"options.{name}", message=message)


PRIVACY_ALLOWED = Rule(
    id="tiktok.privacy.not_allowed",
    summary="The privacy is one that TikTok allows for the account. It depends on the settings of the account.",
    remediation="Send one of the account's `tiktok.privacyLevels` as `options.privacy`. It is never changed for you.",
    source=CREATOR_INFO,
    facts_valid_for=FACTS_VALID_FOR,
    find=_privacy_of_others,
)
INTERACTIONS = Rule(
    id="tiktok.interactions.disabled",
    summary="A post cannot allow comments, duets or stitches if the creator has disabled them for the account.",
    remediation="Omit `disableComment`, `disableDuet` and `disableStitch`, or set them to true.",
    source=CREATOR_INFO,
    facts_valid_for=FACTS_VALID_FOR,
    find=_disabled_interactions,
)
UNAUDITED = Rule(
    id="tiktok.audit.self_only",
    summary="Before TikTok has audited the app of this deployment, it publishes posts only for their creator to see.",
    remediation="Set `privacy` to `SELF_ONLY`, or `mode` to `inbox`. The account must also be private.",
    source=GUIDELINES,
    find=_of_unaudited_app,
)
DOMAIN = Rule(
    id="tiktok.photo.domain_verified",
    summary="TikTok fetches photos from this deployment, and only from a domain that the operator has verified at "
    "TikTok.",
    remediation="Attach a video, or ask the operator to verify the domain and to set "
    "`LETMEPOST_TIKTOK_MEDIA_URL_PREFIX_VERIFIED`.",
    source=PHOTO_POST,
    find=_photos_from_unverified_domain,
)
OPTION_LIMITS = rules_of(
    "TikTok",
    (
        TextLimit("tiktok.text.max_chars", texts=_text(of_photos=False), limit=2200, measure=UTF16, source=DIRECT_POST),
        TextLimit(
            "tiktok.photo.text_max_chars", texts=_text(of_photos=True), limit=4000, measure=UTF16, source=PHOTO_POST
        ),
        TextLimit(
            "tiktok.photo.title_max_chars",
            texts=option_text("title", "The title", lambda options: options.title),
            noun="title",
            limit=90,
            measure=UTF16,
            source=PHOTO_POST,
        ),
        Rule(
            id="tiktok.privacy.required",
            summary="A post that is published directly states who can see it. TikTok's guidelines forbid a default.",
            remediation="Send `options.privacy`. The account's `tiktok.privacyLevels` lists the allowed values.",
            source=GUIDELINES,
            find=_without_privacy,
        ),
        PRIVACY_ALLOWED,
        INTERACTIONS,
        Rule(
            id="tiktok.branded_content.private",
            summary="A paid partnership is visible to others than its creator.",
            remediation="Choose another `privacy`, or set `brandContentToggle` to false.",
            source=GUIDELINES,
            find=_hidden_partnership,
        ),
        Rule(
            id="tiktok.options.photo_only",
            summary="A title, a cover index and recommended music are for photos.",
            remediation="Omit the option, or attach photos.",
            source=PHOTO_POST,
            find=_video_with_photo_options,
        ),
        Rule(
            id="tiktok.photo.cover_index",
            summary="The cover is one of the photos.",
            remediation="Send the index of a photo, counted from 0.",
            source=PHOTO_POST,
            find=_missing_cover,
        ),
        Rule(
            id="tiktok.inbox.text_supported",
            summary="A video for the inbox has no text: TikTok ignores it, and the creator writes it in the app.",
            remediation="Send an empty `text` for this target, or set `mode` to `direct`.",
            source=UPLOAD,
            find=_inbox_text,
        ),
        Rule(
            id="tiktok.inbox.options_supported",
            summary="A post for the inbox has no disclosures and no music: the creator sets them in the app.",
            remediation="Omit the option, or set `mode` to `direct`.",
            source=UPLOAD,
            find=_inbox_options,
        ),
    ),
)
