"""Limits on texts: their length, and that they are not empty."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from typing import Any, TypeAlias

from letmepost.domain.lengths import Measure
from letmepost.domain.limits.rows import Limit, alternatives, default_of, limit_of, noted, one, valid_for
from letmepost.domain.rules import Finding, PostTarget, Rule, RuleSource
from letmepost.domain.text import is_blank


@dataclass(frozen=True, slots=True)
class NamedText:
    """One text of a post: its path, its name at the start of a sentence, and itself."""

    path: str
    name: str
    text: str


Texts: TypeAlias = Callable[[PostTarget[Any]], Iterable[NamedText]]


def post_text(target: PostTarget[Any]) -> Iterator[NamedText]:
    """Yield the text of the post, without those of its thread."""
    yield NamedText("text", "Post text", target.content.text)


def post_texts(target: PostTarget[Any]) -> Iterator[NamedText]:
    """Yield the text of each post of a thread."""
    yield from post_text(target)
    for index, part in enumerate(target.content.thread):
        yield NamedText(f"thread[{index}].text", f"The text of thread[{index}]", part.text)


def first_comment(target: PostTarget[Any]) -> Iterator[NamedText]:
    """Yield the first comment, for which some platforms have another limit."""
    if target.content.first_comment is not None:
        yield NamedText("firstComment.text", "First comment", target.content.first_comment)


def alt_texts(target: PostTarget[Any]) -> Iterator[NamedText]:
    """Yield the alt text of each media item."""
    for path, item in target.content.items():
        if item.alt_text:
            yield NamedText(f"{path}.altText", "The alt text", item.alt_text)


def option_text(path: str, name: str, read: Callable[[Any], str | None]) -> Texts:
    """Return a selector of one text in the options. `read` returns it, or None if it is not given."""

    def texts(target: PostTarget[Any]) -> Iterator[NamedText]:
        text = read(target.options)
        if text is not None:
            yield NamedText(f"options.{path}", name, text)

    return texts


def poll_answers(target: PostTarget[Any]) -> Iterator[NamedText]:
    """Yield each answer of `options.poll`."""
    for index, answer in enumerate(() if target.options.poll is None else target.options.poll.options):
        yield NamedText(f"options.poll.options[{index}]", f"Answer {index + 1} of the poll", answer)


@dataclass(frozen=True, slots=True)
class TextLimit:
    """A text is at most `limit` long.

    Args:
        texts: selects the texts.
        noun: what they are called, without an article.
        is_required: True if the texts must also not be blank.
        sent_as: returns the function that changes texts into the form in which they are sent and counted. It is a
            constant function, so that its results can be cached.
    """

    id: str
    _: KW_ONLY
    limit: Limit[int]
    measure: Limit[Measure]
    source: RuleSource
    texts: Texts = post_texts
    noun: str = "text"
    is_required: bool = False
    sent_as: Callable[[PostTarget[Any]], Callable[[str], str]] | None = None

    def rules(self, platform: str) -> Iterator[Rule]:
        """Return the rule."""
        limit, measure = default_of(self.limit), default_of(self.measure)
        required = "visible text, and " if self.is_required else ""
        yield Rule(
            id=self.id,
            summary=noted(
                f"{one(self.noun)} has {required}at most {_length(limit, measure)}.", self.limit, self.measure
            ),
            limit=limit,
            unit=measure.unit,
            remediation=self._remediation(limit, measure),
            source=self.source,
            facts_valid_for=valid_for(self.limit, self.measure),
            find=lambda target: self._find(platform, target),
            prepare=self._prepare,
        )

    def _find(self, platform: str, target: PostTarget[Any]) -> Iterator[Finding]:
        limit, measure = limit_of(target, self.limit), limit_of(target, self.measure)
        for named in self._sent(target):
            if excess := target.content.lengths.excess(measure, named.text, limit):
                message = f"{named.name} is {excess} {measure.unit}; {platform} allows at most {limit}."
                actual = excess.actual
            elif self.is_required and is_blank(named.text):
                message, actual = f"{named.name} has no visible text.", measure.count(named.text)
            else:
                continue
            remediation = self._remediation(limit, measure)
            yield Finding(field=named.path, actual=actual, message=message, limit=limit, remediation=remediation)

    def _prepare(self, target: PostTarget[Any]) -> Iterator[None]:
        limit, measure = limit_of(target, self.limit), limit_of(target, self.measure)
        lengths = target.content.lengths
        for named in self._sent(target):
            if not lengths.is_quick(measure, named.text, limit):
                lengths.excess(measure, named.text, limit)
                yield
            elif self.sent_as is not None:
                yield  # the change may have taken long, even if little text remains

    def _sent(self, target: PostTarget[Any]) -> Iterable[NamedText]:
        if self.sent_as is None:
            return self.texts(target)
        change, lengths = self.sent_as(target), target.content.lengths
        return (replace(named, text=lengths.derive(change, named.text)) for named in self.texts(target))

    def _remediation(self, limit: int, measure: Measure) -> str:
        required = " It cannot be blank." if self.is_required else ""
        length = _length(limit, measure, " or fewer")
        return f"Shorten the {self.noun} to {length}.{required}"


@dataclass(frozen=True, slots=True)
class NotBlank:
    """Every one of the texts has a visible character. `instead`: what to do without a text: `or remove it`."""

    id: str
    _: KW_ONLY
    noun: str
    texts: Texts
    source: RuleSource
    instead: str = ""

    def rules(self, _platform: str) -> Iterator[Rule]:
        """Return the rule."""
        yield Rule(
            id=self.id,
            summary=f"{one(self.noun)} has visible text.",
            remediation=f"Write the {self.noun}{self.instead and f', {self.instead}'}.",
            source=self.source,
            find=self._find,
        )

    def _find(self, target: PostTarget[Any]) -> Iterator[Finding]:
        for named in self.texts(target):
            if is_blank(named.text):
                yield Finding(field=named.path, message=f"{named.name} has no visible text.")


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """A post has text or something else.

    Args:
        others: what else it may have, each with its article. The first one is media.
        has_other: returns True if the post has something else that is not media.
        shown: returns the text that followers see.
        has_parts: False if a post cannot have further parts, which another rule then reports.
    """

    id: str
    _: KW_ONLY
    others: tuple[str, ...]
    source: RuleSource
    has_other: Callable[[PostTarget[Any]], bool] = lambda _target: False
    shown: Callable[[str], str] = lambda text: text
    has_parts: bool = True

    def rules(self, _platform: str) -> Iterator[Rule]:
        """Return the rule."""
        yield Rule(
            id=self.id,
            summary=f"A post has {alternatives(('text', *self.others))}.",
            remediation=f"Write a text, or attach {alternatives(self.others)}.",
            source=self.source,
            find=self._find,
        )

    def _find(self, target: PostTarget[Any]) -> Iterator[Finding]:
        content = target.content
        if is_blank(self.shown(content.text)) and not content.media and not self.has_other(target):
            nouns = [noun.removeprefix("a ").removeprefix("an ") for noun in self.others]
            yield Finding(field="text", message=f"The post has no {alternatives(('text', *nouns))}.")
        for index, part in enumerate(content.thread if self.has_parts else ()):
            if is_blank(part.text) and not part.media:
                message = f"Part {index + 1} of the thread has neither text nor {self.others[0]}."
                yield Finding(field=f"thread[{index}].text", message=message)


def _length(limit: int, measure: Measure, more: str = "") -> str:
    return f"{limit} {measure.unit}{more}{measure.how and f': {measure.how}'}"


AltTextLimit = partial(TextLimit, texts=alt_texts, noun="alt text")
"""An alt text is at most `limit` long."""

AnswerLimit = partial(TextLimit, texts=poll_answers, noun="poll's answer")
"""An answer of `options.poll` is at most `limit` long."""

AnswerNotBlank = partial(NotBlank, texts=poll_answers, noun="poll's answer", instead="or remove it")
"""An answer of `options.poll` has a visible character."""

CommentNotBlank = partial(NotBlank, texts=first_comment, noun="first comment", instead="or omit `firstComment`")
"""A first comment, if there is one, has a visible character."""
