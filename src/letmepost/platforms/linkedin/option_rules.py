"""LinkedIn's limits on its options, and on what they can be combined with."""

from collections.abc import Iterator
from functools import partial

from letmepost.domain.lengths import UTF16
from letmepost.domain.limits import (
    MEDIA,
    POLL,
    AnswerCount,
    AnswerLimit,
    AnswerNotBlank,
    Exclusive,
    NotBlank,
    TextLimit,
    option,
    option_text,
)
from letmepost.domain.rules import FACTS_VALID_FOR, Finding, PostTarget, Rule
from letmepost.platforms.linkedin.options import VISIBILITIES, LinkedInOptions
from letmepost.platforms.linkedin.sources import ACCESS_CONTROL, POLLS_API, POSTS_API
from letmepost.platforms.linkedin.urns import is_author, is_organization

UNPERMITTED = "The account is not permitted to publish as {author}."
_VISIBILITIES_SHOWN = ", ".join(VISIBILITIES)

_article_title = option_text(
    "article.title", "The article's title", lambda options: options.article and options.article.title
)
_article_description = option_text(
    "article.description", "The article's description", lambda options: options.article and options.article.description
)
_question = option_text("poll.question", "The poll's question", lambda options: options.poll and options.poll.question)

_length = partial(TextLimit, measure=UTF16)


def _bad_author(target: PostTarget[LinkedInOptions]) -> Iterator[Finding]:
    author = target.options.author
    if author is not None and not is_author(author):
        message = "`author` must be `urn:li:person:…` or `urn:li:organization:…`."
        yield Finding(field="options.author", actual=author, message=message)


def _unpermitted_author(target: PostTarget[LinkedInOptions]) -> Iterator[Finding]:
    author = target.options.author
    if is_author(author) and author not in target.account.data["authors"]:
        yield Finding(field="options.author", actual=author, message=UNPERMITTED.format(author=author))


def _bad_visibility(target: PostTarget[LinkedInOptions]) -> Iterator[Finding]:
    visibility = target.options.visibility
    if visibility not in VISIBILITIES:
        message = f"The visibility must be one of {_VISIBILITIES_SHOWN}."
        yield Finding(field="options.visibility", actual=visibility, message=message)


def _page_for_connections(target: PostTarget[LinkedInOptions]) -> Iterator[Finding]:
    visibility, author = target.options.visibility, target.options.author or target.account.platform_account_id
    if visibility == "CONNECTIONS" and is_organization(author):
        message = "A page has no connections, so the post would be visible to no one."
        yield Finding(field="options.visibility", actual=visibility, message=message)


AUTHOR_UNRESOLVED = Rule(
    id="linkedin.author.unresolved",
    summary="An account can publish as its member, and as the pages that the member administers.",
    remediation="Send the account itself or a page that its member administers, or connect the account again.",
    source=ACCESS_CONTROL,
    facts_valid_for=FACTS_VALID_FOR,
    find=_unpermitted_author,
)

OPTION_LIMITS = (
    Rule(
        id="linkedin.author.urn_format",
        summary="An author must be `urn:li:person:…` or `urn:li:organization:…`.",
        remediation="Omit `author`, or send the `platformAccountId` of a connected account.",
        source=POSTS_API,
        find=_bad_author,
    ),
    AUTHOR_UNRESOLVED,
    Rule(
        id="linkedin.visibility.enum",
        summary=f"The visibility must be one of {_VISIBILITIES_SHOWN}.",
        remediation="Omit `visibility`, or send one of these values.",
        limit=_VISIBILITIES_SHOWN,
        source=POSTS_API,
        find=_bad_visibility,
    ),
    Rule(
        id="linkedin.visibility.page",
        summary="A post of a page cannot have the visibility `CONNECTIONS`.",
        remediation="Omit `visibility`.",
        source=POSTS_API,
        find=_page_for_connections,
    ),
    Exclusive(
        "linkedin.content.single_kind",
        (MEDIA, option("an article", "article", lambda options: options.article), POLL),
        source=POSTS_API,
    ),
    _length("linkedin.article.title_max", texts=_article_title, noun="article's title", limit=400, source=POSTS_API),
    NotBlank("linkedin.article.title_non_empty", texts=_article_title, noun="article's title", source=POSTS_API),
    _length(
        "linkedin.article.description_max",
        texts=_article_description,
        noun="article's description",
        limit=4086,
        source=POSTS_API,
    ),
    _length("linkedin.poll.question_max", texts=_question, noun="poll's question", limit=140, source=POLLS_API),
    NotBlank("linkedin.poll.question_non_empty", texts=_question, noun="poll's question", source=POLLS_API),
    AnswerNotBlank("linkedin.poll.answer_non_empty", source=POLLS_API),
    AnswerLimit("linkedin.poll.answer_max", limit=30, measure=UTF16, source=POLLS_API),
    AnswerCount("linkedin.poll.answers_count", at_least=2, limit=4, source=POLLS_API),
)
