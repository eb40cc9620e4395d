"""LinkedIn's limits on its options, and on what they can be combined with."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from letmepost.domain.content import PostContent
from letmepost.domain.lengths import UTF16
from letmepost.domain.rules import Finding, Rule
from letmepost.domain.text import is_blank
from letmepost.platforms.linkedin.options import VISIBILITIES, LinkedInOptions
from letmepost.platforms.linkedin.sources import CHECKED_ON, POLLS_API, POSTS_API
from letmepost.platforms.linkedin.urns import is_author, is_organization

_ARTICLE_TITLE_MAX = 400
_ARTICLE_DESCRIPTION_MAX = 4086
_QUESTION_MAX = 140
_ANSWER_MAX = 30
_ANSWERS_MIN = 2
_ANSWERS_MAX = 4

PAGE_WITHOUT_CONNECTIONS = "A page has no connections, so the post would be visible to no one."
_VISIBILITIES_SHOWN = ", ".join(VISIBILITIES)

_rule = partial(Rule, checked_on=CHECKED_ON)


def _read(content: PostContent) -> LinkedInOptions:
    return LinkedInOptions.model_validate(content.options)


def _bad_author(content: PostContent) -> Iterator[Finding]:
    author = _read(content).author
    if author is not None and not is_author(author):
        message = "`author` must be `urn:li:person:…` or `urn:li:organization:…`."
        yield Finding(field="options.author", actual=author, message=message)


def _bad_visibility(content: PostContent) -> Iterator[Finding]:
    visibility = _read(content).visibility
    if visibility not in VISIBILITIES:
        message = f"The visibility must be one of {_VISIBILITIES_SHOWN}."
        yield Finding(field="options.visibility", actual=visibility, message=message)


def _page_for_connections(content: PostContent) -> Iterator[Finding]:
    options = _read(content)
    if options.visibility == "CONNECTIONS" and is_organization(options.author):
        yield Finding(field="options.visibility", actual=options.visibility, message=PAGE_WITHOUT_CONNECTIONS)


def _several_kinds(content: PostContent) -> Iterator[Finding]:
    options = _read(content)
    if content.media and options.article is not None:
        yield Finding(field="options.article", message="A post on LinkedIn has media or an article, not both.")
    if options.poll is not None and (content.media or options.article is not None):
        yield Finding(field="options.poll", message="A post on LinkedIn with a poll has no media and no article.")


def _length_max(
    rule_id: str,
    noun: str,
    *,
    limit: int,
    texts: Callable[[LinkedInOptions], Iterable[tuple[str, str]]],
    source_url: str,
) -> Rule:
    def find(content: PostContent) -> Iterator[Finding]:
        for path, text in texts(_read(content)):
            if excess := content.lengths.excess(UTF16, text, limit):
                message = f"The {noun} is {excess} {UTF16.unit}; LinkedIn allows at most {limit}."
                yield Finding(field=f"options.{path}", actual=excess.actual, message=message)

    return _rule(
        id=rule_id,
        summary=f"The {noun} has at most {limit} {UTF16.unit}: {UTF16.how}.",
        remediation=f"Shorten the {noun} to {limit} {UTF16.unit} or fewer: {UTF16.how}.",
        limit=limit,
        unit=UTF16.unit,
        source_url=source_url,
        find=find,
    )


def _not_blank(
    rule_id: str,
    noun: str,
    *,
    texts: Callable[[LinkedInOptions], Iterable[tuple[str, str]]],
    source_url: str,
) -> Rule:
    def find(content: PostContent) -> Iterator[Finding]:
        for path, text in texts(_read(content)):
            if is_blank(text):
                yield Finding(field=f"options.{path}", message=f"The {noun} has no visible text.")

    return _rule(
        id=rule_id,
        summary=f"The {noun} has visible text.",
        remediation=f"Write the {noun}.",
        source_url=source_url,
        find=find,
    )


def _title(options: LinkedInOptions) -> Iterator[tuple[str, str]]:
    if options.article is not None:
        yield "article.title", options.article.title


def _description(options: LinkedInOptions) -> Iterator[tuple[str, str]]:
    if options.article is not None:
        yield "article.description", options.article.description


def _question(options: LinkedInOptions) -> Iterator[tuple[str, str]]:
    if options.poll is not None:
        yield "poll.question", options.poll.question


def _answers(options: LinkedInOptions) -> Iterator[tuple[str, str]]:
    if options.poll is not None:
        for index, answer in enumerate(options.poll.options):
            yield f"poll.options[{index}]", answer


def _answer_count(content: PostContent) -> Iterator[Finding]:
    poll = _read(content).poll
    if poll is not None and not _ANSWERS_MIN <= len(poll.options) <= _ANSWERS_MAX:
        message = f"The poll has {len(poll.options)} answers; LinkedIn requires {_ANSWERS_MIN} to {_ANSWERS_MAX}."
        yield Finding(field="options.poll.options", actual=len(poll.options), message=message)


VISIBILITY_PAGE = _rule(
    id="linkedin.visibility.page",
    summary="A post of a page cannot have the visibility `CONNECTIONS`.",
    remediation="Omit `visibility`.",
    source_url=POSTS_API,
    find=_page_for_connections,
)

OPTION_RULES: tuple[Rule, ...] = (
    _rule(
        id="linkedin.author.urn_format",
        summary="An author must be `urn:li:person:…` or `urn:li:organization:…`.",
        remediation="Omit `author`, or send the `platformAccountId` of a connected account.",
        source_url=POSTS_API,
        find=_bad_author,
    ),
    _rule(
        id="linkedin.visibility.enum",
        summary=f"The visibility must be one of {_VISIBILITIES_SHOWN}.",
        remediation="Omit `visibility`, or send one of these values.",
        limit=_VISIBILITIES_SHOWN,
        source_url=POSTS_API,
        find=_bad_visibility,
    ),
    VISIBILITY_PAGE,
    _rule(
        id="linkedin.content.single_kind",
        summary="A post has media, an article or a poll: only one of them.",
        remediation="Remove the others.",
        source_url=POSTS_API,
        find=_several_kinds,
    ),
    _length_max(
        "linkedin.article.title_max",
        "article's title",
        limit=_ARTICLE_TITLE_MAX,
        texts=_title,
        source_url=POSTS_API,
    ),
    _not_blank("linkedin.article.title_non_empty", "article's title", texts=_title, source_url=POSTS_API),
    _length_max(
        "linkedin.article.description_max",
        "article's description",
        limit=_ARTICLE_DESCRIPTION_MAX,
        texts=_description,
        source_url=POSTS_API,
    ),
    _length_max(
        "linkedin.poll.question_max", "poll's question", limit=_QUESTION_MAX, texts=_question, source_url=POLLS_API
    ),
    _not_blank("linkedin.poll.question_non_empty", "poll's question", texts=_question, source_url=POLLS_API),
    _not_blank("linkedin.poll.answer_non_empty", "poll's answer", texts=_answers, source_url=POLLS_API),
    _length_max("linkedin.poll.answer_max", "poll's answer", limit=_ANSWER_MAX, texts=_answers, source_url=POLLS_API),
    _rule(
        id="linkedin.poll.answers_count",
        summary=f"A poll has {_ANSWERS_MIN} to {_ANSWERS_MAX} answers.",
        remediation=f"Send {_ANSWERS_MIN} to {_ANSWERS_MAX} answers.",
        limit=_ANSWERS_MAX,
        unit="items",
        source_url=POLLS_API,
        find=_answer_count,
    ),
)
