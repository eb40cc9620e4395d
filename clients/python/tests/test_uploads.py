"""Uploads of files."""

from io import BytesIO
from pathlib import Path
from threading import get_ident
from typing import Any

import httpx
import pytest
import respx

from letmepost_client import ApiError, AsyncClient, Client
from letmepost_client.uploads import FORM_MAX_BYTES

from .conftest import error

PUT_URL = "https://blobs.test/upload/secret"
LARGE = bytes(FORM_MAX_BYTES + 1)
LOST = httpx.WriteError("The connection was lost")


def media(status: str = "ready", **changes: Any) -> dict[str, Any]:
    return {
        "id": "med_1",
        "profileId": "prof_1",
        "status": status,
        "createdAt": "2026-12-01T09:00:00.000Z",
        **changes,
    }


def started() -> dict[str, Any]:
    headers = {"content-length": str(len(LARGE)), "x-amz-meta": "signed"}
    return media(
        "uploading",
        upload={"method": "PUT", "url": PUT_URL, "headers": headers, "expiresAt": "2026-12-02T09:00:00.000Z"},
    )


def sent(api: respx.MockRouter) -> list[httpx.Request]:
    return [call.request for call in api.calls]


def test_small_file_is_sent_as_a_form(api: respx.MockRouter, client: Client, tmp_path: Path) -> None:
    api.post("/v1/media").respond(201, json=media())
    (tmp_path / "a cat.png").write_bytes(b"\x89PNG")
    progress: list[tuple[int, int]] = []
    item = client.media.upload(
        tmp_path / "a cat.png", profile_id="prof_1", progress=lambda sent, total: progress.append((sent, total))
    )
    assert item.id == "med_1"
    [request] = sent(api)
    assert request.content == (
        b"--key-1\r\n"
        b'Content-Disposition: form-data; name="file"; filename="a cat.png"\r\n'
        b"Content-Type: image/png\r\n\r\n"
        b"\x89PNG\r\n"
        b"--key-1--\r\n"
    )
    assert request.headers["content-type"] == "multipart/form-data; boundary=key-1"
    assert request.headers["content-length"] == str(len(request.content))
    assert "transfer-encoding" not in request.headers
    assert request.headers["idempotency-key"] == "key-2"
    assert request.url.query == b"profileId=prof_1"
    assert progress == [(4, 4)]


def test_form_is_sent_again_with_the_same_bytes(api: respx.MockRouter, client: Client) -> None:
    api.post("/v1/media").mock(side_effect=[LOST, httpx.Response(201, json=media())])
    client.media.upload(b"abc", filename="a.png")
    first, second = sent(api)
    assert first.content == second.content
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_large_file_is_sent_to_the_upload_url(api: respx.MockRouter, client: Client) -> None:
    api.post("/v1/media/uploads").respond(201, json=started())
    api.put(PUT_URL).respond(200)
    api.post("/v1/media/med_1/complete").respond(json=media())
    progress: list[tuple[int, int]] = []
    item = client.media.upload(LARGE, filename="film.mp4", progress=lambda sent, total: progress.append((sent, total)))
    assert item.status == "ready"
    start, put, complete = sent(api)
    assert start.content == b'{"filename":"film.mp4","contentType":"video/mp4","sizeBytes":8388609}'
    assert put.content == LARGE
    assert put.headers["content-length"] == str(len(LARGE))
    assert put.headers["x-amz-meta"] == "signed"
    assert not {"authorization", "idempotency-key", "transfer-encoding"} & set(put.headers)
    assert complete.content == b""
    assert len(progress) == 129
    assert progress[-1] == (len(LARGE), len(LARGE))


async def test_async_client_streams_a_large_file(
    api: respx.MockRouter, async_client: AsyncClient, tmp_path: Path
) -> None:
    api.post("/v1/media/uploads").respond(201, json=started())
    api.put(PUT_URL).mock(side_effect=[LOST, httpx.Response(200)])
    api.post("/v1/media/med_1/complete").respond(json=media())
    path = tmp_path / "film.mp4"
    path.write_bytes(LARGE)
    threads = set()
    item = await async_client.media.upload(path, progress=lambda _sent, _total: threads.add(get_ident()))
    assert item.status == "ready"
    assert threads == {get_ident()}, "progress is not reported on the event loop"
    _, lost, put, _ = sent(api)
    assert lost.headers == put.headers
    assert put.content == LARGE


def test_upload_is_completed_when_the_response_of_its_bytes_was_lost(api: respx.MockRouter, client: Client) -> None:
    """The server accepts the bytes of an upload once, so it rejects the repeated request."""
    api.post("/v1/media/uploads").respond(201, json=started())
    used = httpx.Response(409, json=error("validation_failed", rule="media.upload_used"))
    api.put(PUT_URL).mock(side_effect=[httpx.ReadError("lost"), used])
    api.post("/v1/media/med_1/complete").respond(json=media())
    assert client.media.upload(LARGE).status == "ready"


def test_rejected_bytes_are_not_completed(api: respx.MockRouter, client: Client) -> None:
    api.post("/v1/media/uploads").respond(201, json=started())
    api.put(PUT_URL).respond(403, text="<Error><Code>AccessDenied</Code></Error>")
    with pytest.raises(ApiError) as raised:
        client.media.upload(LARGE)
    assert raised.value.status == 403


def test_open_file_is_sent_from_its_position_and_stays_open(api: respx.MockRouter, client: Client) -> None:
    api.post("/v1/media").respond(201, json=media())
    file = BytesIO(b"headerbody")
    file.seek(6)
    client.media.upload(file)
    assert b"\r\n\r\nbody\r\n" in sent(api)[0].content
    assert not file.closed


def test_name_of_a_file_cannot_end_its_header(api: respx.MockRouter, client: Client) -> None:
    api.post("/v1/media").respond(201, json=media())
    client.media.upload(b"x", filename='a".png\r\nContent-Type: text/html')
    assert b'filename="a%22.png%0D%0AContent-Type: text/html"\r\n' in sent(api)[0].content


def test_empty_file_is_rejected(client: Client, tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    with pytest.raises(ValueError, match=r"The file empty\.png is empty"):
        client.media.upload(str(tmp_path / "empty.png"))


def test_file_in_text_mode_is_rejected(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("a")
    with path.open() as file, pytest.raises(TypeError, match="Open the file in binary mode"):
        client.media.upload(file)  # type: ignore[arg-type]  # refused


def test_missing_file_is_an_os_error(client: Client, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        client.media.upload(tmp_path / "missing.png")
