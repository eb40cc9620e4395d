"""Pinterest's limits, each with its source. The options' schema defines their form, the rules define their limits."""

from collections.abc import Iterator

from letmepost.domain.content import MediaKind
from letmepost.domain.lengths import CHARACTERS
from letmepost.domain.limits import (
    DescriptionSupported,
    KindsSupported,
    MediaCount,
    MediaLimit,
    NamedText,
    NoComment,
    SinglePart,
    TextLimit,
    ThumbnailSupported,
    option_text,
    post_text,
    rules_of,
)
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.pinterest.boards import board_of
from letmepost.platforms.pinterest.options import PinterestOptions
from letmepost.platforms.pinterest.pins import joined_alt_texts
from letmepost.platforms.pinterest.sources import CREATE_PIN, CREATIVE_TYPES
from letmepost.platforms.pinterest.video_rules import VIDEO_LIMITS, is_video, is_web_address

_SHOWN_BOARDS = 5


def _alt_texts(target: PostTarget[PinterestOptions]) -> Iterator[NamedText]:
    text = joined_alt_texts(target.content.media)
    if text is not None:
        is_one = len(target.content.media) == 1
        name = "The alt text" if is_one else "The alt text of all images together"
        yield NamedText("media[0].altText" if is_one else "media", name, text)


def _no_media(target: PostTarget[PinterestOptions]) -> Iterator[Finding]:
    if not target.content.media:
        yield Finding(field="media", actual=0, message="The post has no image and no video. A Pin needs one.")


def _different_sizes(target: PostTarget[PinterestOptions]) -> Iterator[Finding]:
    if any(map(is_video, target.content.media)):
        return
    sizes = [
        None if item.facts is None else (item.facts.width_px, item.facts.height_px) for item in target.content.media
    ]
    for index, size in enumerate(sizes):
        if size is not None and sizes[0] is not None and size != sizes[0]:
            (width, height), (first_width, first_height) = size, sizes[0]
            yield Finding(
                field=f"media[{index}]",
                actual=f"{width}x{height}",
                message=f"The image has {width}x{height} pixels; the first image of the carousel has "
                f"{first_width}x{first_height}.",
            )


def _not_a_web_address(target: PostTarget[PinterestOptions]) -> Iterator[Finding]:
    url = target.options.destination_url
    if url is not None and not is_web_address(url):
        message = f"The destination URL {url[:100]} is not a complete http or https URL."
        yield Finding(field="options.destinationUrl", message=message)


def _no_board(target: PostTarget[PinterestOptions]) -> Iterator[Finding]:
    """Find a missing board, unless nothing is known about the account's boards."""
    boards = target.account.data.get("boards")
    if boards is not None and board_of(target.options, target.account) is None:
        known = ", ".join(f"{board['id']} ({board['name']})" for board in boards[:_SHOWN_BOARDS])
        yield Finding(
            field="options.boardId",
            message="The post names no board, and the account has no default board.",
            remediation=f"Send the id of a board as `options.boardId`, such as {known}." if known else None,
        )


RULES = rules_of(
    "Pinterest",
    (
        Rule(
            id="pinterest.board.required",
            summary="A Pin is on a board: the one in `options.boardId`, or the default board of the account.",
            remediation="Send the id of a board as `options.boardId`. `GET /v1/accounts/{id}/pinterest/boards` lists "
            "the boards, and `POST` to the same path creates one.",
            source=CREATE_PIN,
            find=_no_board,
        ),
        Rule(
            id="pinterest.media.required",
            summary="A Pin shows at least one image, or a video.",
            remediation="Attach an image or a video.",
            source=CREATE_PIN,
            find=_no_media,
        ),
        TextLimit("pinterest.text.max_characters", texts=post_text, limit=800, measure=CHARACTERS, source=CREATE_PIN),
        TextLimit(
            "pinterest.title.max_characters",
            texts=option_text("title", "The title", lambda options: options.title),
            noun="title",
            limit=100,
            measure=CHARACTERS,
            source=CREATE_PIN,
        ),
        TextLimit(
            "pinterest.destination_url.max_characters",
            texts=option_text("destinationUrl", "The destination URL", lambda options: options.destination_url),
            noun="destination URL",
            limit=2048,
            measure=CHARACTERS,
            source=CREATE_PIN,
        ),
        Rule(
            id="pinterest.destination_url.http",
            summary="The destination URL is a complete http or https URL.",
            remediation="Send a URL such as `https://example.com/page` as `options.destinationUrl`.",
            source=CREATE_PIN,
            find=_not_a_web_address,
        ),
        SinglePart("pinterest.thread.supported", source=CREATE_PIN),
        NoComment("pinterest.first_comment.supported", source=CREATE_PIN),
        KindsSupported("pinterest.media.kind_supported", (MediaKind.IMAGE, MediaKind.VIDEO), source=CREATE_PIN),
        DescriptionSupported("pinterest.media.title_supported", field="title", source=CREATE_PIN),
        ThumbnailSupported("pinterest.media.thumbnail_supported", videos="videos", source=CREATE_PIN),
        MediaCount("pinterest.media.count_max", limit=5, source=CREATE_PIN),
        MediaLimit(
            "pinterest.image.",
            types=("image/jpeg", "image/png", "image/webp"),
            max_bytes=20_000_000,
            max_frames=1,
            source=CREATIVE_TYPES,
        ),
        *VIDEO_LIMITS,
        TextLimit(
            "pinterest.media.alt_text_max_characters",
            texts=_alt_texts,
            noun="alt text",
            limit=500,
            measure=CHARACTERS,
            source=CREATE_PIN,
        ),
        Rule(
            id="pinterest.carousel.same_dimensions",
            summary="All images of a carousel have the same width and height.",
            remediation="Crop or scale the images to the size of the first one.",
            source=CREATIVE_TYPES,
            find=_different_sizes,
        ),
    ),
)
