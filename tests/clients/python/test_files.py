"""Files by the official SDKs: what was uploaded comes back byte by byte, and is named in messages by its id."""

import hashlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import anthropic
import httpx
import openai
import pytest
from anthropic import Anthropic
from openai import AsyncOpenAI, DefaultHttpxClient, OpenAI
from openai.types import FileObject

from support import CLIENT_KEY, MODEL, Mock, answer, png

PDF = b"%PDF-1.4\n"
HOUR = 3_600


@pytest.fixture
def token(request: pytest.FixtureRequest) -> bytes:
    """Some bytes of this test alone: what was uploaded once is not uploaded again."""
    return hashlib.sha256(request.node.nodeid.encode()).hexdigest().encode()


@pytest.fixture
def document(token: bytes) -> bytes:
    return PDF + token


@pytest.fixture
def picture(token: bytes) -> bytes:
    return png(token[:4], token[4:8])


@pytest.fixture
def files(client: OpenAI) -> Iterator[Any]:
    """The files of the client; all are gone after the test."""
    yield client.files
    for file in client.files.list():
        client.files.delete(file.id)


def upload(client: OpenAI, name: str, content: bytes, purpose: str = "user_data") -> FileObject:
    return client.files.create(file=(name, content), purpose=purpose)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_is_told_as_it_was_uploaded(client: OpenAI, files: Any, document: bytes) -> None:
    file = upload(client, "letter.pdf", document)
    assert file.id.startswith("file-")
    assert (file.object, file.status, file.expires_at) == ("file", "processed", None)
    assert (file.filename, file.bytes, file.purpose) == ("letter.pdf", len(document), "user_data")
    assert files.retrieve(file.id) == file
    assert list(files.list()) == [file]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (b"some text", "upload"),
        (BytesIO(b"some text"), "upload"),
        (("имя файла 🙂.txt", b"some text"), "имя файла 🙂.txt"),
        (("a; b=c, (d).txt", b"some text", "text/plain; charset=utf-8"), "a; b=c, (d).txt"),
    ],
    ids=["bytes", "reader", "unicode", "odd"],
)
def test_a_file_keeps_its_name_and_content(files: Any, file: Any, name: str) -> None:
    kept = files.create(file=file, purpose="assistants")
    assert (kept.filename, kept.bytes) == (name, 9)
    assert files.content(kept.id).content == b"some text"


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [("a.pdf", PDF, "application/pdf"), ("a.txt", b"hi", "text/plain"), ("a", b"\0\xff", "application/octet-stream")],
)
def test_a_file_is_served_as_a_download(
    client: OpenAI, files: Any, name: str, content: bytes, media_type: str
) -> None:
    file = upload(client, name, content)
    raw = files.content(file.id)
    assert (raw.content, raw.response.headers["content-type"]) == (content, media_type)
    assert raw.response.headers["content-disposition"].startswith(f'attachment; filename="{name}"')


def test_a_large_file_comes_back_equal(client: OpenAI, files: Any, mock: Mock) -> None:
    content = random.Random(20).randbytes(20_000_000)
    file = upload(client, "large.bin", content)
    assert file.bytes == 20_000_000
    with files.with_streaming_response.content(file.id) as response:
        assert response.headers["content-length"] == "20000000"
        digest = hashlib.sha256()
        for piece in response.iter_bytes():
            digest.update(piece)
    assert digest.hexdigest() == sha256(content)
    # It stays with the relay until a message names it.
    assert mock.uploads() == []


def test_a_file_may_be_read_piece_by_piece_from_the_disk(files: Any, tmp_path: Any, document: bytes) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(document)
    file = files.create(file=path, purpose="user_data")
    assert (file.filename, files.content(file.id).content) == ("letter.pdf", document)


def test_a_list_ends_however_it_is_paged(client: OpenAI, files: Any) -> None:
    uploaded = [upload(client, f"{number}.txt", b"x").id for number in range(5)]
    newest_first = uploaded[::-1]
    for limit in (1, 2, 5, 6):
        assert [file.id for file in files.list(limit=limit)] == newest_first
        assert [file.id for file in files.list(limit=limit, order="asc")] == uploaded
    page = files.list(limit=2)
    assert (page.has_more, page.first_id, page.last_id) == (True, newest_first[0], newest_first[1])
    assert [file.id for file in page.get_next_page().data] == newest_first[2:4]
    assert [file.id for file in files.list(after=newest_first[3])] == newest_first[4:]


def test_after_a_file_that_is_not_there_comes_nothing(client: OpenAI, files: Any) -> None:
    upload(client, "a.txt", b"x")
    page = files.list(after="file-unknown")
    # The first page again would never end.
    assert (page.data, page.has_more, list(page)) == ([], False, [])


def test_a_list_is_of_one_purpose(client: OpenAI, files: Any) -> None:
    wanted = upload(client, "a.txt", b"x", "vision")
    upload(client, "b.txt", b"x", "batch")
    assert list(files.list(purpose="vision")) == [wanted]
    assert list(files.list(purpose="evals")) == []


def test_an_empty_list_has_all_its_keys(files: Any) -> None:
    raw = files.with_raw_response.list()
    assert raw.http_response.json() == {"object": "list", "data": [], "first_id": "", "last_id": "", "has_more": False}


def test_a_deleted_file_is_gone(client: OpenAI, files: Any) -> None:
    file = upload(client, "a.txt", b"x")
    deleted = files.delete(file.id)
    assert (deleted.id, deleted.deleted, deleted.object) == (file.id, True, "file")
    assert list(files.list()) == []
    for gone in (files.retrieve, files.content, files.delete):
        with pytest.raises(openai.NotFoundError) as caught:
            gone(file.id)
        assert (caught.value.param, file.id in caught.value.message) == ("id", True)
        assert caught.value.response.headers["x-should-retry"] == "false"


def test_a_file_may_be_told_when_to_go(files: Any) -> None:
    file = files.create(
        file=b"some text", purpose="user_data", expires_after={"anchor": "created_at", "seconds": HOUR}
    )
    assert file.expires_at - file.created_at == HOUR
    assert files.retrieve(file.id) == file


REFUSED = {
    "no content": ({"file": ("a.txt", b""), "purpose": "user_data"}, "file"),
    "no purpose": ({"file": b"x", "purpose": ""}, "purpose"),
    "gone too soon": (
        {"file": b"x", "purpose": "user_data", "expires_after": {"anchor": "created_at", "seconds": HOUR - 1}},
        "expires_after[seconds]",
    ),
    "an unknown anchor": (
        {"file": b"x", "purpose": "user_data", "expires_after": {"anchor": "birth", "seconds": HOUR}},
        "expires_after[anchor]",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_upload_is_refused_by_name(files: Any, name: str) -> None:
    fields, param = REFUSED[name]
    with pytest.raises(openai.BadRequestError) as caught:
        files.create(**fields)
    assert (caught.value.type, caught.value.param) == ("invalid_request_error", param)
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert list(files.list()) == []


def test_a_file_beyond_the_limit_is_refused(connect: Callable[..., OpenAI], small_files_relay: str) -> None:
    limited = connect(small_files_relay).files
    assert limited.create(file=bytes(1 << 20), purpose="user_data").bytes == 1 << 20
    with pytest.raises(openai.APIStatusError, match="1 MiB") as caught:
        limited.create(file=bytes((1 << 20) + 1), purpose="user_data")
    assert (caught.value.status_code, len(list(limited.list()))) == (413, 1)


def test_what_is_uploaded_in_pieces_of_unknown_number_is_taken(
    connect: Callable[..., OpenAI], relay: str, files: Any, document: bytes
) -> None:
    def chunked(request: httpx.Request) -> None:
        del request.headers["content-length"]
        request.headers["transfer-encoding"] = "chunked"

    in_pieces = connect(relay, http_client=DefaultHttpxClient(event_hooks={"request": [chunked]}))
    file = upload(in_pieces, "letter.pdf", document)
    assert files.content(file.id).content == document


def ask_in_chat(client: OpenAI, part: dict[str, Any]) -> str:
    content = [{"type": "text", "text": "What is this?"}, part]
    completion = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}])
    return completion.choices[0].message.content


def ask_in_responses(client: OpenAI, part: dict[str, Any]) -> str:
    content = [{"type": "input_text", "text": "What is this?"}, part]
    return client.responses.create(model=MODEL, input=[{"role": "user", "content": content}]).output_text


def ask_in_messages(client: OpenAI, part: dict[str, Any]) -> str:
    content = [{"type": "text", "text": "What is this?"}, part]
    address = str(client.base_url).removesuffix("/v1/")
    with Anthropic(base_url=address, api_key=CLIENT_KEY, timeout=20) as claude:
        message = claude.beta.messages.create(
            model=MODEL, max_tokens=100, messages=[{"role": "user", "content": content}], betas=["files-api-2025-04-14"]
        )
    return message.content[0].text


def from_file(file_id: str) -> dict[str, str]:
    return {"type": "file", "file_id": file_id}


DOCUMENTS = {
    "chat": (ask_in_chat, lambda file_id: {"type": "file", "file": {"file_id": file_id}}),
    "responses": (ask_in_responses, lambda file_id: {"type": "input_file", "file_id": file_id}),
    "messages": (ask_in_messages, lambda file_id: {"type": "document", "source": from_file(file_id)}),
}
PICTURES = {
    "responses": (ask_in_responses, lambda file_id: {"type": "input_image", "file_id": file_id, "detail": "auto"}),
    "messages": (ask_in_messages, lambda file_id: {"type": "image", "source": from_file(file_id)}),
}


@pytest.mark.parametrize("route", DOCUMENTS)
def test_a_document_is_named_by_its_id_and_uploaded_once(
    client: OpenAI, files: Any, mock: Mock, document: bytes, route: str
) -> None:
    mock.script(always=answer("A letter."))
    file = upload(client, "letter.pdf", document)
    ask, part = DOCUMENTS[route]
    assert [ask(client, part(file.id)) for _ in range(2)] == ["A letter."] * 2
    [uploaded] = mock.uploads()
    assert (uploaded["sha256"], uploaded["file_name"]) == (sha256(document), "letter.pdf")
    assert [call.body["promptObject"]["attachments"] for call in mock.received()] == [{"files": [uploaded["uuid"]]}] * 2
    assert all("What is this?" in call.prompt for call in mock.received())


@pytest.mark.parametrize("route", PICTURES)
def test_a_picture_is_named_by_its_id_and_uploaded_once(
    client: OpenAI, files: Any, mock: Mock, picture: bytes, route: str
) -> None:
    mock.script(always=answer("A flag."))
    file = upload(client, "flag.png", picture, "vision")
    ask, part = PICTURES[route]
    assert [ask(client, part(file.id)) for _ in range(2)] == ["A flag."] * 2
    [uploaded] = mock.uploads()
    assert (uploaded["sha256"], uploaded["content_type"]) == (sha256(picture), "image/png")
    assert [call.body["promptObject"]["attachments"] for call in mock.received()] == [
        {"images": [uploaded["path"]]}
    ] * 2


def test_a_file_of_all_routes_is_uploaded_once(client: OpenAI, files: Any, mock: Mock, document: bytes) -> None:
    mock.script(always=answer("A letter."))
    file = upload(client, "letter.pdf", document)
    for ask, part in DOCUMENTS.values():
        assert ask(client, part(file.id)) == "A letter."
    assert (len(mock.uploads()), mock.calls()) == (1, 3)


@pytest.mark.parametrize("route", DOCUMENTS)
def test_a_file_that_is_not_there_is_named_and_costs_nothing(
    client: OpenAI, files: Any, mock: Mock, document: bytes, route: str
) -> None:
    mock.script(always=answer())
    file = upload(client, "letter.pdf", document)
    files.delete(file.id)
    ask, part = DOCUMENTS[route]
    with pytest.raises(Exception, match=file.id) as caught:
        ask(client, part(file.id))
    assert caught.value.status_code in (400, 404)
    assert (mock.uploads(), mock.calls()) == ([], 0)


def test_a_picture_that_was_uploaded_is_edited(client: OpenAI, files: Any, mock: Mock, picture: bytes) -> None:
    file = upload(client, "flag.png", picture, "vision")
    body = {"model": "gpt-image-1-mini", "prompt": "in blue", "images": [{"file_id": file.id}]}
    drawn = client.post("/images/edits", body=body, cast_to=openai.types.ImagesResponse)
    assert drawn.data[0].b64_json
    [uploaded] = mock.uploads()
    assert uploaded["sha256"] == sha256(picture)
    assert mock.features()[0].body["promptObject"]["imageUrl"] == uploaded["path"]


@pytest.fixture
def claude_files(client: OpenAI, files: Any) -> Iterator[Any]:
    """The same files, as the client of Anthropic has them."""
    address = str(client.base_url).removesuffix("/v1/")
    with Anthropic(base_url=address, api_key=CLIENT_KEY, timeout=20) as claude:
        yield claude.beta.files


def test_claudes_client_uploads_reads_and_deletes(claude_files: Any, files: Any, document: bytes) -> None:
    file = claude_files.upload(file=("letter.pdf", document, "application/pdf"), expires_in_seconds=HOUR)
    assert (file.type, file.filename, file.mime_type) == ("file", "letter.pdf", "application/pdf")
    assert (file.size_bytes, file.downloadable, file.expires_at - file.created_at) == (
        len(document),
        True,
        timedelta(hours=1),
    )
    assert claude_files.retrieve_metadata(file.id) == file
    assert claude_files.download(file.id).read() == document
    # To OpenAI's client it is a file like others.
    assert files.retrieve(file.id).bytes == len(document)
    deleted = claude_files.delete(file.id)
    assert (deleted.id, deleted.type) == (file.id, "file_deleted")
    with pytest.raises(anthropic.NotFoundError, match=file.id) as caught:
        claude_files.retrieve_metadata(file.id)
    assert caught.value.body["error"]["type"] == "not_found_error"
    with pytest.raises(anthropic.BadRequestError, match="expires_in_seconds"):
        claude_files.upload(file=("a.txt", b"x"), expires_in_seconds=1)


def test_claudes_lists_end_however_they_are_paged(claude_files: Any) -> None:
    uploaded = [claude_files.upload(file=(f"{number}.txt", b"x")) for number in range(5)]
    newest_first = uploaded[::-1]
    for limit in (1, 2, 5, 6):
        assert list(claude_files.list(limit=limit)) == newest_first
    assert list(claude_files.list(ids=[uploaded[1].id, "file-unknown"])) == [uploaded[1]]


@pytest.fixture
async def async_files(async_client: AsyncOpenAI) -> AsyncIterator[Any]:
    """The same of the asynchronous client."""
    yield async_client.files
    async for file in async_client.files.list():
        await async_client.files.delete(file.id)


@pytest.mark.anyio
async def test_the_asynchronous_client_uploads_lists_reads_and_deletes(async_files: Any, document: bytes) -> None:
    uploaded = [await async_files.create(file=(f"{number}.pdf", document), purpose="user_data") for number in range(3)]
    assert [file async for file in async_files.list(limit=1)] == uploaded[::-1]
    assert (await async_files.content(uploaded[0].id)).content == document
    assert (await async_files.delete(uploaded[0].id)).deleted
    with pytest.raises(openai.NotFoundError):
        await async_files.retrieve(uploaded[0].id)
