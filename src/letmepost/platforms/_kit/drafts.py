"""The posts that one post becomes: the post itself, its continuations, and its first comment."""

from dataclasses import dataclass

from letmepost.domain.content import MediaItem, PostContent

POST_STEP = "post"
COMMENT_STEP = "comment"


@dataclass(frozen=True, slots=True)
class Upload:
    """A media item that must be uploaded before the post that shows it.

    Args:
        step: the name of the step that uploads it. If there are several, their names start with it.
        number: counts the attachments of the whole thread, from 1; 0 for a media item of the options.
    """

    step: str
    item: MediaItem
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One post before it is published.

    Args:
        index: its place in the thread, from 0. The first comment follows the thread.
        step: the name of the step that publishes it.
        media_before: how many attachments the earlier posts of the thread have.
    """

    index: int
    step: str
    text: str
    media: tuple[MediaItem, ...] = ()
    media_before: int = 0

    @property
    def is_first(self) -> bool:
        """Return True for the post itself, which the options are about."""
        return self.index == 0

    @property
    def is_comment(self) -> bool:
        """Return True for the first comment."""
        return self.step == COMMENT_STEP

    def uploads(self, name: str = "media") -> tuple[Upload, ...]:
        """Return the uploads of its attachments. Their steps are `{name}-{number}`."""
        numbered = enumerate(self.media, start=self.media_before + 1)
        return tuple(Upload(f"{name}-{number}", item, number) for number, item in numbered)


def drafts_of(content: PostContent) -> list[Draft]:
    """Return the drafts of the post and its continuations in order, and of its first comment last."""
    drafts = [Draft(index=0, step=POST_STEP, text=content.text, media=content.media)]
    for index, part in enumerate(content.thread, start=1):
        before = drafts[-1].media_before + len(drafts[-1].media)
        step = f"thread-{index}"
        drafts.append(Draft(index=index, step=step, text=part.text, media=part.media, media_before=before))
    if content.first_comment is not None:
        drafts.append(Draft(index=len(drafts), step=COMMENT_STEP, text=content.first_comment))
    return drafts
