"""`POST /v1/posts/bulk`."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from letmepost.domain import refusals
from letmepost.domain.api_keys import Scope
from letmepost.domain.errors import InvalidShape, RequestError
from letmepost.domain.lengths import Lengths
from letmepost.http.errors import INTERNAL_ERROR, envelope, error_fields
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.perform import perform_in_parts
from letmepost.http.routes.posts.posts import render_batch
from letmepost.http.schemas.editing import BulkItemResult, BulkPost, BulkResult, CreatePostsInBulk
from letmepost.http.services import APIServices
from letmepost.http.suggested_requests import suggest_request
from letmepost.services.shapes import problems_of
from letmepost.storage.idempotency import IdempotencyClaim

router = APIRouter(route_class=GatedRoute, tags=["posts"])
log = structlog.get_logger()


@router.post(
    "/v1/posts/bulk",
    status_code=HTTPStatus.MULTI_STATUS,
    response_model=BulkResult,
    openapi_extra=needs(Scope.POSTS_WRITE),
)
async def create_posts_in_bulk(body: CreatePostsInBulk, request: Request) -> Response:
    """Run up to 100 requests, each independently of the others. Never waits for outcomes.

    An item with an `idempotencyKey` runs once for that key. With an `Idempotency-Key` header, every other item runs
    once for the header and its index. Repeating the request returns the first response, byte for byte. If an item got
    429, 5xx or `in_progress`, the repeat returns the accepted items again and runs the others.
    """

    async def run() -> list[BulkItemResult]:
        lengths, items = Lengths(), []
        for index, item in enumerate(body.posts):
            items.append(await _run(item, index, request, lengths))
            await asyncio.sleep(0)  # an item that is rejected early waits for nothing
        return items

    return await perform_in_parts(
        request, run, lambda items: BulkResult(data=items), is_final=_is_final, status=HTTPStatus.MULTI_STATUS
    )


def _is_final(items: Sequence[BulkItemResult]) -> bool:
    """Return False if repeating the request may change the response of an item."""
    return not any(
        item.status == HTTPStatus.TOO_MANY_REQUESTS
        or item.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        or (
            item.status == HTTPStatus.CONFLICT
            and item.body["error"].get("rule") == refusals.requests.IDEMPOTENCY_KEY_IN_PROGRESS.id
        )
        for item in items
    )


async def _run(item: object, index: int, request: Request, lengths: Lengths) -> BulkItemResult:
    """Run one item. An error becomes the item's own response, so that the caller learns what was accepted."""
    services: APIServices = request.app.state.services
    try:
        body = BulkPost.model_validate(item)
        answer = await services.submission.submit(
            caller_of(request),
            _claim(body, index, request),
            replace(body.to_request(), lengths=lengths),
            render_batch,
            wait_s=0,
            request_id=request.state.request_id,
        )
        return BulkItemResult(status=answer.status, body=json.loads(answer.body))
    except ValidationError as error:
        shape = InvalidShape(problems_of(error.errors(include_input=False), BulkPost), suggest_request(item))
        status, fields = shape.status, error_fields(shape)
    except RequestError as error:
        status, fields = error.status, error_fields(error)
    except Exception:  # earlier items were accepted, and the response must show that
        log.exception("request.defect", method=request.method, path=request.url.path, item=index)
        status, fields = HTTPStatus.INTERNAL_SERVER_ERROR, dict(INTERNAL_ERROR)
    return BulkItemResult(
        status=status, body=envelope(fields, docs_url=services.docs_url, request_id=request.state.request_id)
    )


def _claim(body: BulkPost, index: int, request: Request) -> IdempotencyClaim | None:
    """Return the claim of an item: its own key, or the header with its index.

    An item may repeat the header's key. It is then claimed like an item without a key, because the header's record
    already holds that key. The line feed keeps a derived key apart from every key that a caller can send.
    """
    services: APIServices = request.app.state.services
    header = request.headers.get("idempotency-key")
    key = body.idempotency_key
    if key is None or key == header:
        if header is None:
            return None
        key = f"{header}\n{index}"
    content = body.model_dump_json(by_alias=True, exclude={"idempotency_key"}, exclude_unset=True).encode()
    return services.idempotency.claim_of(caller_of(request), key, b"POST /v1/posts/bulk\n" + content)
