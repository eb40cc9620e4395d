"""Images are converted by a recipe: real files, with Pillow."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image, ImageCms

from letmepost.domain.fitting.recipe import CONVERTED_MAX_PIXELS, Recipe, Rendition
from letmepost.gateways.media.conversion import convert_image
from letmepost.gateways.media.sniffing import TooComplexMediaError, UnreadableMediaError
from tests.doubles.probing import probe_bytes

RED, GREEN, BLUE, WHITE, GRAY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (128, 128, 128)
TOLERANCE = 12
"""JPEG changes colors a little."""


def saved(picture: Image.Image, file_format: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, file_format, **options)
    return file.getvalue()


def halves(left: object, right: object, mode: str = "RGB", size: tuple[int, int] = (80, 40)) -> Image.Image:
    """Return a picture with two colors, side by side."""
    picture = Image.new(mode, size, left)  # type: ignore[arg-type]  # the color depends on the mode
    picture.paste(right, (size[0] // 2, 0, *size))  # type: ignore[arg-type]
    return picture


def recipe(
    width_px: int, height_px: int, *, background: str | None = None, is_cropped: bool = False, matte: str = "#ffffff"
) -> Recipe:
    return Recipe(
        content_type="image/jpeg",
        renditions=(Rendition(width_px, height_px, 90),),
        max_bytes=1_000_000,
        matte=matte,
        background=background,
        is_cropped=is_cropped,
    )


def convert(data: bytes, how: Recipe) -> Image.Image:
    facts = probe_bytes(data)
    converted = convert_image(facts.content_type, BytesIO(data), len(data), how)
    picture = Image.open(BytesIO(converted))
    assert picture.mode == "RGB"
    assert not {"exif", "icc_profile", "comment"} & picture.info.keys()
    return picture


def is_like(actual: object, expected: tuple[int, int, int]) -> bool:
    assert isinstance(actual, tuple)
    return all(abs(one - other) <= TOLERANCE for one, other in zip(actual, expected, strict=True))


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("make", "left", "right"),
    [
        (lambda: saved(halves(RED, BLUE), "JPEG", icc_profile=srgb(), comment="secret"), RED, BLUE),
        (lambda: saved(halves((0, 255, 255, 0), (255, 255, 0, 0), "CMYK"), "JPEG"), RED, BLUE),
        (lambda: saved(halves(RED, BLUE).convert("P"), "PNG"), RED, BLUE),
        (lambda: saved(halves(RED, BLUE), "GIF"), RED, BLUE),
        (lambda: saved(halves(RED, BLUE), "WEBP", lossless=True), RED, BLUE),
        (lambda: saved(halves(128, 255, "L"), "PNG"), GRAY, WHITE),
        (lambda: saved(halves(0, 1, "1"), "PNG"), (0, 0, 0), WHITE),
        (lambda: saved(halves(32_896, 65_535, "I;16"), "PNG"), GRAY, WHITE),
        (lambda: saved(halves((128, 255), (0, 0), "LA"), "PNG"), GRAY, WHITE),
        (lambda: saved(halves((*RED, 255), (*BLUE, 0), "RGBA"), "PNG"), RED, WHITE),
        (lambda: saved(halves(RED, BLUE).quantize(2), "PNG", transparency=0), WHITE, BLUE),
    ],
    ids=["rgb", "cmyk", "palette", "gif", "webp", "gray", "bits", "16 bits", "gray alpha", "alpha", "palette alpha"],
)
def test_image_of_any_mode_becomes_srgb_without_transparency(
    make: Callable[[], bytes], left: tuple[int, int, int], right: tuple[int, int, int]
) -> None:
    picture = convert(make(), recipe(40, 20))
    assert picture.size == (40, 20)
    assert is_like(picture.getpixel((5, 10)), left)
    assert is_like(picture.getpixel((35, 10)), right)


def test_colors_of_a_profile_become_srgb() -> None:
    """In this profile, the values for red and green are exchanged."""
    swapped = srgb().replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")
    for mode in ("RGB", "RGBA"):
        data = saved(Image.new(mode, (8, 8), RED), "PNG", icc_profile=swapped)
        assert is_like(convert(data, recipe(8, 8)).getpixel((4, 4)), GREEN)


@pytest.mark.parametrize(
    "profile", [b"no profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()], ids=["broken", "Lab"]
)
def test_profile_that_does_not_describe_the_image_is_ignored(profile: bytes) -> None:
    data = saved(Image.new("RGB", (8, 8), GRAY), "PNG", icc_profile=profile)
    assert is_like(convert(data, recipe(8, 8)).getpixel((4, 4)), GRAY)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "red_at"),
    [
        (1, (2, 10)),
        (2, (37, 10)),
        (3, (37, 10)),
        (4, (2, 10)),
        (5, (10, 2)),
        (6, (10, 2)),
        (7, (10, 37)),
        (8, (10, 37)),
    ],
)
def test_image_is_turned_upright(file_format: str, orientation: int, red_at: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(halves(RED, BLUE), file_format, exif=exif.tobytes())
    facts = probe_bytes(data)
    assert facts.width_px is not None
    assert facts.height_px is not None
    picture = convert(data, recipe(facts.width_px // 2, facts.height_px // 2))
    assert picture.size == (facts.width_px // 2, facts.height_px // 2)
    assert is_like(picture.getpixel(red_at), RED)


def test_image_is_cropped_at_its_center() -> None:
    picture = halves(RED, BLUE, size=(300, 100))
    picture.paste(GREEN, (100, 0, 200, 100))
    converted = convert(saved(picture, "PNG"), recipe(50, 50, is_cropped=True))
    assert converted.size == (50, 50)
    assert all(is_like(converted.getpixel((x, 25)), GREEN) for x in (2, 25, 47))


def test_image_has_a_color_around_it() -> None:
    converted = convert(saved(halves(RED, BLUE, size=(300, 100)), "PNG"), recipe(60, 60, background="#00ff00"))
    assert is_like(converted.getpixel((30, 3)), GREEN)
    assert is_like(converted.getpixel((30, 57)), GREEN)
    assert is_like(converted.getpixel((5, 30)), RED)
    assert is_like(converted.getpixel((55, 30)), BLUE)


def test_image_has_its_blurred_copy_around_it() -> None:
    converted = convert(saved(halves(RED, BLUE, size=(300, 100)), "PNG"), recipe(64, 64, background="blur"))
    assert converted.size == (64, 64)
    left, middle, right = (converted.getpixel((x, 2)) for x in (0, 32, 63))
    assert isinstance(left, tuple)
    assert isinstance(middle, tuple)
    assert isinstance(right, tuple)
    assert left[0] > middle[0] > right[0]
    assert is_like(converted.getpixel((5, 32)), RED)


def test_transparent_pixels_get_the_color_of_the_recipe() -> None:
    data = saved(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG")
    assert is_like(convert(data, recipe(8, 8, matte="#00ff00")).getpixel((4, 4)), GREEN)


def test_first_step_with_few_enough_bytes_is_the_result() -> None:
    noise = saved(Image.effect_noise((400, 400), 100).convert("RGB"), "PNG")
    renditions = (Rendition(400, 400, 90), Rendition(400, 400, 60), Rendition(200, 200, 60), Rendition(100, 100, 60))
    how = Recipe(content_type="image/jpeg", renditions=renditions, max_bytes=20_000, matte="#ffffff")
    converted = convert_image("image/png", BytesIO(noise), len(noise), how)
    assert len(converted) <= 20_000
    assert Image.open(BytesIO(converted)).size == (200, 200)
    hopeless = Recipe(content_type="image/jpeg", renditions=renditions, max_bytes=200, matte="#ffffff")
    with pytest.raises(UnreadableMediaError, match="cannot be reduced to 200 bytes"):
        convert_image("image/png", BytesIO(noise), len(noise), hopeless)


def test_png_is_written_where_the_recipe_says_so() -> None:
    data = saved(halves(RED, BLUE), "JPEG")
    how = Recipe(content_type="image/png", renditions=(Rendition(8, 4, 90),), max_bytes=1_000_000, matte="#ffffff")
    assert probe_bytes(convert_image("image/jpeg", BytesIO(data), len(data), how)).content_type == "image/png"


def test_too_large_image_is_not_decoded() -> None:
    side = int(CONVERTED_MAX_PIXELS**0.5) + 1
    data = saved(Image.new("1", (side, side)), "PNG")
    with pytest.raises(TooComplexMediaError, match=f"{side}x{side} pixels"):
        convert_image("image/png", BytesIO(data), len(data), recipe(10, 10))


def test_broken_image_is_unreadable() -> None:
    data = saved(Image.effect_noise((99, 99), 100), "PNG")[:-100]
    with pytest.raises(UnreadableMediaError):
        convert_image("image/png", BytesIO(data), len(data), recipe(10, 10))
