"""Removes from a post what its platform does not support."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from letmepost.domain.content import MediaItem, PostContent, ThreadPart
from letmepost.domain.text import is_blank


@dataclass(frozen=True, slots=True)
class Omission:
    """A post without some of its items. `origins` maps the path of each item that moved to its path before."""

    content: PostContent
    origins: Mapping[str, str]

    def origin(self, path: str) -> str:
        """Return the path in the original post of a field of the remaining one."""
        for prefix in sorted(self.origins, key=len, reverse=True):
            if path == prefix or path.startswith(f"{prefix}."):
                return self.origins[prefix] + path.removeprefix(prefix)
        return path


def omit(content: PostContent, paths: Collection[str]) -> Omission:
    """Remove the thread, first comment, media items, titles, alt texts and thumbnails at `paths`.

    A part of the thread that has neither text nor media as a result is removed too.
    """
    media = _remaining("media", content.media, paths)
    origins = _moved("media", media)
    parts: list[ThreadPart] = []
    for index, part in enumerate(() if "thread" in paths else content.thread):
        path = f"thread[{index}]"
        items = _remaining(f"{path}.media", part.media, paths)
        if items or not is_blank(part.text) or not part.media:
            moved_to = f"thread[{len(parts)}]"
            origins |= {moved_to: path, **_moved(f"{moved_to}.media", items)}
            parts.append(replace(part, media=tuple(items.values())))
    comment = None if "firstComment" in paths else content.first_comment
    remaining = replace(content, media=tuple(media.values()), first_comment=comment, thread=tuple(parts))
    return Omission(remaining, origins)


def _remaining(path: str, items: Collection[MediaItem], paths: Collection[str]) -> dict[str, MediaItem]:
    """Map the path of each remaining item to the item."""
    named = {f"{path}[{index}]": item for index, item in enumerate(items)}
    return {name: _described(name, item, paths) for name, item in named.items() if name not in paths}


def _described(path: str, item: MediaItem, paths: Collection[str]) -> MediaItem:
    return replace(
        item,
        title=None if f"{path}.title" in paths else item.title,
        alt_text=None if f"{path}.altText" in paths else item.alt_text,
        thumbnail=None if f"{path}.thumbnail" in paths else item.thumbnail,
    )


def _moved(path: str, items: Collection[str]) -> dict[str, str]:
    return {f"{path}[{index}]": origin for index, origin in enumerate(items)}
