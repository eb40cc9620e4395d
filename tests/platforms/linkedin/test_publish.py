"""Publishing: the calls, their order, and the effect of every reply."""

from dataclasses import replace
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, FixableBy, GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Effect, Extra, Forget, Live, MediaRange, Pause, Reply, Warn
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.linkedin.publish import publish
from letmepost.platforms.linkedin.version import API_VERSION
from tests.platforms.linkedin.transcripts import (
    ACCOUNT,
    CREATED,
    MEMBER,
    PAGE,
    SENT,
    SETTINGS,
    SHARE,
    document,
    image,
    ready,
    refusal,
    response,
    upload_started,
)

POST = "https://api.linkedin.com/rest/posts"
COMMENTED = response(201, {"id": "66", "$URN": f"urn:li:comment:({SHARE},66)"}, x_restli_id="66")
WAITING = refusal(400, "MEDIA_ASSET_WAITING_UPLOAD", "not ready")


def played(post: ReadyPost, *replies: Reply | Exception) -> Transcript[None]:
    return play(publish(post, SETTINGS), *replies)


def sent(post: ReadyPost, *replies: Reply) -> dict[str, Any]:
    """Return the post that is created after these replies."""
    call = played(post, *replies).calls[-1]
    assert (call.method, call.url, call.effect, call.step) == ("POST", POST, Effect.PUBLISH, "post")
    assert call.json is not None
    return dict(call.json)


def failure_of(transcript: Transcript[None]) -> PlatformFailure:
    assert isinstance(transcript.error, PlatformFailure)
    return transcript.error


def test_text_is_one_call() -> None:
    transcript = played(ready("Hello (you) #here"), CREATED)
    [call, live] = transcript.instructions
    assert isinstance(call, Call)
    assert call.json == {
        "author": MEMBER,
        "commentary": r"Hello \(you\) #here",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    assert call.headers == {"LinkedIn-Version": API_VERSION, "X-Restli-Protocol-Version": "2.0.0"}
    assert not call.idempotent
    assert live == Live(uri=SHARE, url=f"https://www.linkedin.com/feed/update/{SHARE}/")
    assert transcript.value() is None


@pytest.mark.parametrize("header", ["x-restli-id", "x-linkedin-id"])
def test_urn_is_read_from_a_header(header: str) -> None:
    created = Reply(status=201, headers={header: SHARE}, received_at=CREATED.received_at)
    live = played(ready(), created).instructions[-1]
    assert isinstance(live, Live)
    assert live.uri == SHARE


@pytest.mark.parametrize("headers", [{}, {"x-restli-id": ""}, {"x-restli-id": "urn:li:image:1"}])
def test_success_without_a_urn_is_in_doubt(headers: dict[str, str]) -> None:
    transcript = played(ready(), replace(CREATED, headers=headers))
    assert failure_of(transcript).kind is FailureKind.IN_DOUBT


def test_image_is_uploaded_before_its_post() -> None:
    begin, put, _ = played(ready(media=(image(),)), upload_started("image"), SENT).calls
    assert begin.url == "https://api.linkedin.com/rest/images"
    assert begin.query == (("action", "initializeUpload"),)
    assert begin.json == {"initializeUploadRequest": {"owner": MEMBER}}
    assert (put.method, put.url) == ("PUT", "https://www.linkedin.com/dms-uploads/1")
    assert put.body == MediaRange(image().media_id, 0, image().facts.size_bytes)  # type: ignore[union-attr]  # it has some
    assert put.headers == {"Content-Type": "image/jpeg"}
    body = sent(ready(media=(image(),)), upload_started("image"), SENT)
    assert body["content"] == {"media": {"id": "urn:li:image:D1", "altText": "image 1"}}


def test_several_images_are_a_multi_image() -> None:
    plain = replace(image(2), alt_text=None)
    body = sent(ready(media=(image(1), plain)), upload_started("image", 1), SENT, upload_started("image", 2), SENT)
    images = [{"id": "urn:li:image:D1", "altText": "image 1"}, {"id": "urn:li:image:D2"}]
    assert body["content"] == {"multiImage": {"images": images}}


@pytest.mark.parametrize(
    ("options", "title"),
    [({}, "Deck"), ({"documentTitle": "Better"}, "Better"), ({"documentTitle": " \u200b"}, "Deck")],
)
def test_document_has_a_title(options: dict[str, str], title: str) -> None:
    body = sent(ready(media=(document(),), options=options), upload_started("document"), SENT)
    assert body["content"] == {"media": {"id": "urn:li:document:D1", "title": title}}


def test_article_is_sent_with_every_field() -> None:
    article = {"url": "https://example.com", "title": "A", "description": "About", "thumbnail": "med_1"}
    post = ready(options={"article": article}, option_media={"article.thumbnail": image()})
    shown = {"source": "https://example.com", "title": "A", "description": "About", "thumbnail": "urn:li:image:D1"}
    assert sent(post, upload_started("image"), SENT)["content"] == {"article": shown}


def test_article_omits_empty_fields() -> None:
    body = sent(ready(options={"article": {"url": "https://example.com", "title": "A"}}))
    assert body["content"] == {"article": {"source": "https://example.com", "title": "A"}}


def test_poll_runs_for_three_days_by_default() -> None:
    body = sent(ready(options={"poll": {"question": "Which?", "options": ["a", "b"]}}))
    settings = {"duration": "THREE_DAYS"}
    assert body["content"] == {
        "poll": {"question": "Which?", "options": [{"text": "a"}, {"text": "b"}], "settings": settings}
    }


def test_member_publishes_for_a_page_that_they_administer() -> None:
    post = ready(options={"author": PAGE}, media=(image(),))
    begin = played(post).calls[0]
    assert begin.json == {"initializeUploadRequest": {"owner": PAGE}}
    assert sent(post, upload_started("image"), SENT)["author"] == PAGE


@pytest.mark.parametrize("author", [MEMBER, "urn:li:organization:1"])
def test_account_of_a_page_publishes_only_as_the_page(author: str) -> None:
    """Its token is the member's, so LinkedIn would accept other authors."""
    page = replace(ACCOUNT, platform_account_id=PAGE, data={"authors": [PAGE]})
    transcript = played(ready(options={"author": author}, account=page))
    assert transcript.calls == []
    failure = failure_of(transcript)
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "linkedin.author.unresolved")


DENIED = refusal(403, "ACCESS_DENIED", "Not enough permissions to access: POST /posts")


@pytest.mark.parametrize(
    ("post", "replies", "rule"),
    [
        (ready(options={"author": PAGE}), (DENIED,), "linkedin.author.unresolved"),
        (ready(options={"author": PAGE}, media=(image(),)), (DENIED,), "linkedin.author.unresolved"),
        (ready(options={"author": PAGE}), (refusal(403, "OTHER"),), None),
        (ready(options={"author": PAGE}), (refusal(422, "MISSING_FIELD"),), None),
        (ready(options={"author": MEMBER}), (DENIED,), None),
        (ready(media=(image(),)), (DENIED,), None),
    ],
)
def test_refusal_of_another_author_has_the_id_of_the_rule(
    post: ReadyPost, replies: tuple[Reply, ...], rule: str | None
) -> None:
    failure = failure_of(played(post, *replies))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, rule)
    assert failure.response is not None


def test_expired_upload_url_is_requested_again() -> None:
    expired = refusal(400, "EXPIRED_UPLOAD_URL")
    replies = (upload_started("image", 1), expired, upload_started("image", 2), SENT, CREATED)
    transcript = played(ready(media=(image(),)), *replies)
    assert [one for one in transcript.instructions if isinstance(one, Forget)] == [Forget("media-1")]
    assert transcript.calls[-1].json is not None
    assert transcript.calls[-1].json["content"]["media"]["id"] == "urn:li:image:D2"


@pytest.mark.parametrize(
    "begin", [response(200), response(200, {"value": {"uploadUrl": 7, "image": "urn"}}), response(200, {"value": 7})]
)
def test_invalid_upload_url_is_requested_later(begin: Reply) -> None:
    assert failure_of(played(ready(media=(image(),)), begin)).kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize(
    "url", ["https://evil.example/dms-uploads/1", "http://www.linkedin.com/1", "https://www.linkedin.com@evil.example/"]
)
def test_bytes_and_token_are_sent_to_linkedin_only(url: str) -> None:
    begun = response(200, {"value": {"uploadUrl": url, "image": "urn:li:image:D1"}})
    transcript = played(ready(media=(image(),)), begun)
    failure = failure_of(transcript)
    assert (failure.kind, failure.rule, failure.fixable_by) == (
        FailureKind.UNAVAILABLE,
        "linkedin.upload.host",
        FixableBy.OPERATOR,
    )
    assert len(transcript.calls) == 1


@pytest.mark.parametrize("refused", [WAITING, refusal(403, None, "This resource is forbidden")])
def test_media_that_are_not_ready_are_waited_for(refused: Reply) -> None:
    assert played(ready(), refused).instructions[-1] == Pause("ready", 10.0, 300.0)


@pytest.mark.parametrize(
    ("refused", "kind"),
    [(WAITING, FailureKind.UNAVAILABLE), (refusal(403, None, "This resource is forbidden"), FailureKind.REJECTED)],
)
def test_wait_ends(refused: Reply, kind: FailureKind) -> None:
    flow = publish(ready(), SETTINGS)
    next(flow)
    assert isinstance(flow.send(refused), Pause)
    with pytest.raises(PlatformFailure) as caught:
        flow.throw(GaveUp("ready", 300))
    assert caught.value.kind is kind


def test_first_comment_is_an_extra_with_plain_text() -> None:
    transcript = played(ready(first_comment="More (here) #tag"), CREATED, COMMENTED)
    _, live, call, extra = transcript.instructions
    assert isinstance(live, Live)
    assert isinstance(call, Call)
    assert call.url == f"https://api.linkedin.com/rest/socialActions/{SHARE.replace(':', '%3A')}/comments"
    assert call.json == {"actor": MEMBER, "object": SHARE, "message": {"text": "More (here) #tag"}}
    assert (call.effect, call.step, call.idempotent) == (Effect.PUBLISH, "comment", False)
    assert extra == Extra(name="firstComment", uri=f"urn:li:comment:({SHARE},66)")


@pytest.mark.parametrize("status", [400, 500])
def test_early_comment_is_retried(status: int) -> None:
    too_early = refusal(status, None, f"Unable to obtain activity for {SHARE}")
    flow = publish(ready(first_comment="More"), SETTINGS)
    next(flow)
    assert isinstance(flow.send(CREATED), Live)
    assert isinstance(next(flow), Call)
    assert flow.send(too_early) == Pause("known", 5.0, 60.0)
    with pytest.raises(PlatformFailure) as caught:
        flow.throw(GaveUp("known", 60))
    assert caught.value.kind is FailureKind.UNAVAILABLE


def test_permanently_refused_comment_is_a_warning() -> None:
    transcript = played(ready(first_comment="More"), CREATED, refusal(403, "ACCESS_DENIED"))
    warning = transcript.instructions[-1]
    assert isinstance(warning, Warn)
    assert warning.code == "linkedin.first_comment.refused"
