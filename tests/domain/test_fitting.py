"""How an image is converted: the wish of a target, and the recipe."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.fitting.fit import Fit
from letmepost.domain.fitting.recipe import CONVERTED_MAX_PIXELS, Recipe, UnfitError, plan
from letmepost.domain.fitting.wish import STILL_TYPES, ImageLimit, Wish
from letmepost.domain.limits import MediaLimit, is_gif, rules_of
from letmepost.domain.rules import Rule, RuleSource, violations, wish_of
from letmepost.domain.violations import Violation
from tests.doubles.targets import target

SOURCE = RuleSource(url="https://example.com/limits", checked_on=date(2026, 11, 29))
BLUR, WHITE, CROP = Fit(), Fit("#ffffff"), Fit(None)

sides = st.integers(1, 12_000)
limits = st.builds(
    ImageLimit,
    max_bytes=st.none() | st.integers(1, 50_000_000),
    max_width_px=st.none() | st.integers(1, 5_000),
    max_height_px=st.none() | st.integers(1, 5_000),
    max_pixels=st.none() | st.integers(1, 20_000_000),
    min_ratio=st.none() | st.floats(0.1, 1),
    max_ratio=st.none() | st.floats(1, 10),
)


def facts(**known: Any) -> MediaFacts:
    return MediaFacts(
        **{
            "content_type": "image/png",
            "size_bytes": 9_000_000,
            "width_px": 6_000,
            "height_px": 4_000,
            "frame_count": 1,
            **known,
        }
    )


def planned(source: MediaFacts, wanted: Wish) -> Recipe | str:
    """Return the recipe, or why there is none."""
    try:
        return plan(source, wanted)
    except UnfitError as error:
        return str(error)


def wish(fit: Fit = BLUR, **limit: Any) -> Wish:
    return Wish(fit, {"image/jpeg": ImageLimit(**limit)})


def item(fit: Fit | None = None, kind: MediaKind = MediaKind.IMAGE, **known: Any) -> MediaItem:
    return MediaItem(kind=kind, media_id=UUID(int=1), facts=facts(**known), fit=fit)


def rules(*rows: MediaLimit) -> tuple[Rule, ...]:
    return rules_of("X", rows)


def limit(**limited: Any) -> MediaLimit:
    return MediaLimit("x.media.image_", source=SOURCE, **limited)


def found(media: MediaItem, *rows: MediaLimit) -> list[Violation]:
    return violations(target(PostContent(media=(media,))), rules(*rows))


@given(sides, sides, limits, st.sampled_from([BLUR, WHITE, CROP]))
def test_every_result_satisfies_the_limit_or_the_reason_is_stated(
    width: int, height: int, limit: ImageLimit, fit: Fit
) -> None:
    recipe = planned(facts(width_px=width, height_px=height), Wish(fit, {"image/jpeg": limit}))
    if isinstance(recipe, str):
        assert f" {width}x{height} pixels" in recipe or width * height > CONVERTED_MAX_PIXELS
        return
    assert limit.allows(recipe.predict())
    assert all(limit.allows_size(rendition.width_px, rendition.height_px) for rendition in recipe.renditions)
    sizes = [rendition.width_px * rendition.height_px for rendition in recipe.renditions]
    assert sizes == sorted(sizes, reverse=True)


@given(sides, sides, limits)
def test_picture_is_never_enlarged(width: int, height: int, limit: ImageLimit) -> None:
    recipe = planned(facts(width_px=width, height_px=height), Wish(CROP, {"image/jpeg": limit}))
    if isinstance(recipe, str):
        return
    assert recipe.width_px <= width
    assert recipe.height_px <= height


@given(limits, limits, sides, sides)
def test_joined_limit_allows_what_both_allow(one: ImageLimit, other: ImageLimit, width: int, height: int) -> None:
    both = one.allows_size(width, height) and other.allows_size(width, height)
    assert (one & other).allows_size(width, height) == both


@given(limits, st.sampled_from([BLUR, WHITE, CROP]))
def test_wish_is_the_same_after_encoding(limit: ImageLimit, fit: Fit) -> None:
    made = Wish(fit, {"image/jpeg": limit, "image/gif": ImageLimit()})
    assert Wish.decode(made.encode()) == made


def test_recipe_is_the_same_after_encoding() -> None:
    recipe = plan(facts(), wish(max_ratio=1.2, max_bytes=100_000))
    assert Recipe.decode(recipe.encode()) == recipe


@pytest.mark.parametrize(
    ("fit", "limited", "size"),
    [
        (BLUR, {"max_width_px": 3_000}, (3_000, 2_000)),
        (BLUR, {"max_height_px": 1_000}, (1_500, 1_000)),
        (BLUR, {"max_pixels": 6_000_000}, (3_000, 2_000)),
        (BLUR, {"max_bytes": 1_500_000}, (3_000, 2_000)),
        (BLUR, {"max_ratio": 1}, (6_000, 6_000)),
        (CROP, {"max_ratio": 1}, (4_000, 4_000)),
        (BLUR, {"min_ratio": 2}, (8_000, 4_000)),
        (CROP, {"min_ratio": 2}, (6_000, 3_000)),
        (WHITE, {"max_ratio": 1, "max_width_px": 600}, (600, 600)),
    ],
)
def test_recipe_scales_to_the_limit(fit: Fit, limited: dict[str, Any], size: tuple[int, int]) -> None:
    recipe = plan(facts(), wish(fit, **limited))
    assert (recipe.width_px, recipe.height_px) == size


@pytest.mark.parametrize(
    ("fit", "matte", "background", "is_cropped"),
    [(BLUR, "#ffffff", "blur", False), (Fit("#000000"), "#000000", "#000000", False), (CROP, "#ffffff", None, True)],
)
def test_recipe_follows_the_choice_of_the_caller(
    fit: Fit, matte: str, background: str | None, *, is_cropped: bool
) -> None:
    recipe = plan(facts(), wish(fit, max_ratio=1))
    assert (recipe.matte, recipe.background, recipe.is_cropped) == (matte, background, is_cropped)
    unchanged = plan(facts(), wish(fit, max_bytes=100_000))
    assert (unchanged.background, unchanged.is_cropped) == (None, False)


def test_png_is_the_result_only_where_jpeg_is_not_accepted() -> None:
    both = {"image/png": ImageLimit(max_bytes=100), "image/jpeg": ImageLimit(max_bytes=200)}
    assert plan(facts(), Wish(BLUR, both)).content_type == "image/jpeg"
    assert plan(facts(), Wish(BLUR, {"image/png": ImageLimit()})).content_type == "image/png"


@pytest.mark.parametrize(
    ("known", "limits", "message"),
    [
        ({"content_type": "image/gif", "frame_count": 3}, {"image/jpeg": ImageLimit()}, "does not convert animated"),
        ({"content_type": "video/mp4"}, {"image/jpeg": ImageLimit()}, "no file of type video/mp4"),
        ({"width_px": 20_000}, {"image/jpeg": ImageLimit()}, "This one has 80000000."),
        ({}, {"image/gif": ImageLimit()}, "JPEG or PNG"),
        ({"width_px": 9, "height_px": 1}, {"image/jpeg": ImageLimit(min_ratio=20, max_width_px=9)}, "9x1 pixels"),
    ],
)
def test_image_that_cannot_be_converted_has_a_reason(
    known: dict[str, Any], limits: dict[str, ImageLimit], message: str
) -> None:
    with pytest.raises(UnfitError, match=message):
        plan(facts(**known), Wish(CROP, limits))


def test_wish_has_the_limits_of_each_accepted_type() -> None:
    made = wish_of(
        target(PostContent()),
        rules(
            limit(types=("image/jpeg", "image/gif", "video/mp4"), max_bytes=500),
            limit(max_bytes=400, max_frames=5, max_dimensions_px=(30, 20)),
            limit(where=is_gif, max_pixels=100, max_total_pixels=90),
            limit(option="thumbnail", max_bytes=1),
            limit(kinds=(MediaKind.VIDEO,), max_bytes=2, max_width_px=1),
            limit(max_ratio=3),
            limit(ratios=(0.5, 4)),
        ),
        "media[0]",
        item(),
        CROP,
    )
    still = ImageLimit(
        types=("image/jpeg", "image/gif"),
        max_bytes=400,
        max_width_px=30,
        max_height_px=20,
        max_ratio=3,
        min_ratio=0.5,
    )
    assert made == Wish(CROP, {"image/jpeg": still, "image/gif": still & ImageLimit(max_pixels=90)})


def test_wish_for_the_media_item_of_an_option_has_the_limits_of_that_option() -> None:
    rows = rules(limit(option="thumbnail", max_bytes=1), limit(max_bytes=2))
    made = wish_of(target(PostContent()), rows, "options.thumbnail", item(), BLUR)
    assert made.limits == {name: ImageLimit(max_bytes=1) for name in STILL_TYPES}


@pytest.mark.parametrize(
    ("known", "is_accepted"),
    [
        ({}, True),
        ({"content_type": "image/webp"}, False),
        ({"size_bytes": 9_000_001}, False),
        ({"width_px": 6_001}, False),
        ({"height_px": 4_001}, False),
        ({"width_px": 100, "height_px": 900}, False),
    ],
)
def test_wish_accepts_images_within_the_limit(known: dict[str, Any], *, is_accepted: bool) -> None:
    png = ImageLimit(
        max_bytes=9_000_000, max_width_px=6_000, max_height_px=4_000, max_pixels=24_000_000, min_ratio=1, max_ratio=2
    )
    assert Wish(BLUR, {"image/png": png}).accepts(facts(**known)) is is_accepted


def test_violation_names_the_fit_that_solves_it() -> None:
    [violation] = found(item(), limit(max_bytes=1_500_000))
    assert violation.remediation.endswith(
        "Or set `fit` of the media item to `true`: the image is then converted to image/jpeg, 3000x2000 pixels and at "
        "most 1500000 bytes."
    )


def test_violation_by_an_option_names_the_fit_of_the_target() -> None:
    content = PostContent(option_media={"thumbnail": item()})
    [violation] = violations(target(content), rules(limit(option="thumbnail", max_bytes=9)))
    assert "Or set `fit` of the target to `true`" in violation.remediation


@pytest.mark.parametrize(
    ("media", "row"),
    [
        (item(content_type="image/gif", frame_count=9), limit(max_bytes=9)),
        (item(content_type="image/gif", frame_count=9), limit(max_frames=2)),
        (item(kind=MediaKind.VIDEO, content_type="video/mp4"), limit(kinds=(MediaKind.VIDEO,), max_bytes=9)),
        (item(), limit(types=("image/webp",))),
    ],
)
def test_violation_names_no_fit_that_does_not_solve_it(media: MediaItem, row: MediaLimit) -> None:
    [violation] = found(media, row)
    assert "fit" not in violation.remediation + violation.message


def test_violation_of_an_image_with_a_fit_says_why_it_is_not_converted() -> None:
    [violation] = found(item(BLUR, content_type="image/gif", frame_count=9), limit(max_bytes=9))
    assert violation.message.endswith("`fit` does not convert animated images. This one has 9 frames.")


def test_violation_of_a_video_with_a_fit_says_why_it_is_not_converted() -> None:
    media = item(BLUR, kind=MediaKind.VIDEO, content_type="video/mp4")
    [violation] = found(media, limit(kinds=(MediaKind.VIDEO,), max_bytes=9))
    assert violation.message.endswith("`fit` converts images, but no file of type video/mp4.")


def test_few_of_many_violations_are_explained() -> None:
    content = PostContent(media=(item(),) * 30)
    found = violations(target(content), rules(limit(max_bytes=1_500_000)))
    assert [("fit" in violation.remediation) for violation in found] == [True] * 25 + [False] * 5
