"""The caller's choice of how images are converted."""

from collections.abc import Mapping
from dataclasses import dataclass

BLUR = "blur"
CENTER = "center"


@dataclass(frozen=True, slots=True)
class Fit:
    """How an image is converted to what a target accepts.

    Args:
        background: what fills the space around a picture whose aspect ratio is not accepted: `blur` for an enlarged,
            blurred copy, or a color such as `#ffffff`. None to crop the picture instead, at its center.
    """

    background: str | None = BLUR

    def encode(self) -> dict[str, str]:
        """Return the choice as JSON with the names of the API."""
        return {"crop": CENTER} if self.background is None else {"background": self.background}

    @classmethod
    def decode(cls, value: Mapping[str, str]) -> "Fit":
        """Return the choice from JSON."""
        return cls(value.get("background"))
