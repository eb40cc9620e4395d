"""How images are converted to what a target accepts."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from letmepost.domain import refusals
from letmepost.domain.fitting.fit import BLUR, Fit
from letmepost.domain.fitting.recipe import Recipe
from letmepost.http.schemas.base import Body, DescribedAs, Left, View
from letmepost.services.posts.fitting import FittedItem
from letmepost.services.shapes import refused


class MediaFit(Body):
    """How an image is converted if its aspect ratio is not accepted: either `background` or `crop`."""

    background: str | None = Field(
        default=None,
        pattern=r"^(blur|#[0-9a-fA-F]{6})$",
        description="What fills the space around the picture: `blur` for an enlarged, blurred copy, or a color such as "
        "`#ffffff`. The color is also behind transparent pixels, which are white otherwise.",
    )
    crop: Literal["center"] | None = Field(default=None, description="Cut off the borders of the picture instead.")

    @model_validator(mode="after")
    def _one_choice(self) -> "MediaFit":
        if (self.background is None) == (self.crop is None):
            raise refused(refusals.media.FIT_ONE_CHOICE)
        return self


def _spelled_out(choice: object) -> object:
    return {"background": BLUR} if choice is True else choice


FitChoice = Annotated[
    MediaFit | None,
    BeforeValidator(_spelled_out),
    DescribedAs(Literal[True] | MediaFit | None),
    Field(
        description="Convert an image that breaks a limit of the target on its type, size, number of bytes or aspect "
        'ratio. `true` is `{"background": "blur"}`. The result is upright, in sRGB, and without transparency and '
        "metadata, and a warning describes it. An image that breaks no limit is sent as it is. Animated images and "
        "videos are not converted."
    ),
]


def fit_of(choice: MediaFit | None) -> Fit | None:
    """For the use cases."""
    if choice is None:
        return None
    return Fit(None if choice.background is None else choice.background.lower())


class FitView(View):
    """How an image may be converted: either `background` or `crop`."""

    background: Left[str] = None
    crop: Left[str] = None


class FittedMediaView(View):
    """How an image is converted before it is published.

    If the result would have more than `maxBytes` bytes, it is reduced in quality, and then in size.
    """

    field: str
    fit: FitView
    content_type: str
    width: int
    height: int
    max_bytes: int
    background: Left[str] = Field(
        default=None, description="What fills the space around the picture. Omitted if there is no such space."
    )
    cropped: bool = Field(description="True if the borders of the picture are cut off.")

    @classmethod
    def of(cls, fitted: FittedItem, recipe: Recipe) -> "FittedMediaView":
        """Show a recipe."""
        return cls(
            field=fitted.path,
            fit=FitView(**fitted.fit.encode()),
            content_type=recipe.content_type,
            width=recipe.width_px,
            height=recipe.height_px,
            max_bytes=recipe.max_bytes,
            background=recipe.background,
            cropped=recipe.is_cropped,
        )
