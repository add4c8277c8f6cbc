"""The list of models, and which key pays."""

from collections.abc import Callable

import openai
import pytest
from openai import Omit, OpenAI

from support import CLIENT_KEY, MODEL, STORED_KEY, Mock, answer

HI = [{"role": "user", "content": "Say hello."}]


def test_models_are_listed_with_what_the_sdk_reads(client: OpenAI, mock: Mock) -> None:
    page = client.models.list()
    assert page.object == "list"
    models = list(page)
    assert MODEL in [model.id for model in models]
    assert len({model.id for model in models}) == len(models)
    for model in models:
        assert model.object == "model"
        assert model.id
        assert model.owned_by
        assert isinstance(model.created, int)
    assert mock.calls() == 0


def test_one_model_is_retrieved_by_its_id_also_where_it_has_a_slash(client: OpenAI, mock: Mock) -> None:
    listed = {model.id: model for model in client.models.list()}
    for id in [MODEL, *(id for id in listed if "/" in id)]:
        assert client.models.retrieve(id) == listed[id]
    assert any("/" in id for id in listed)
    assert mock.calls() == 0


def test_a_list_of_models_has_the_headers_that_support_asks_for(client: OpenAI) -> None:
    raw = client.models.with_raw_response.list()
    assert raw.headers["x-request-id"].startswith("req_")
    assert int(raw.headers["openai-processing-ms"]) >= 0
    assert raw.headers["openai-version"] == "2020-10-01"


def test_the_stored_key_pays_and_the_clients_key_stays_here(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer())
    client.chat.completions.create(model=MODEL, messages=HI)
    list(client.chat.completions.create(model=MODEL, messages=HI, stream=True))
    for call in mock.received():
        assert call.headers["api-key"] == STORED_KEY
        assert "authorization" not in call.headers
        assert CLIENT_KEY not in str([call.path, call.headers, call.body])
    assert mock.calls() == 2


def test_without_a_stored_key_each_client_pays_with_its_own(
    connect: Callable[..., OpenAI], keyless_relay: str, mock: Mock
) -> None:
    mock.script(always=answer())
    for key in ("the-key-of-ann", "the-key-of-bob"):
        client = connect(keyless_relay, api_key=key)
        client.chat.completions.create(model=MODEL, messages=HI)
        list(client.chat.completions.create(model=MODEL, messages=HI, stream=True))
    paid = [call.headers["api-key"] for call in mock.received()]
    assert paid == ["the-key-of-ann", "the-key-of-ann", "the-key-of-bob", "the-key-of-bob"]
    assert all("authorization" not in call.headers for call in mock.received())


def test_without_any_key_nothing_is_sent(connect: Callable[..., OpenAI], keyless_relay: str, mock: Mock) -> None:
    client = connect(keyless_relay)
    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model=MODEL, messages=HI, extra_headers={"Authorization": Omit()})
    assert (caught.value.status_code, caught.value.code) == (401, "invalid_api_key")
    assert "ONE_MIN_API_KEY" in caught.value.message
    assert caught.value.response.headers["www-authenticate"] == "Bearer"
    assert mock.calls() == 0


def test_nobody_elses_user_agent_or_header_reaches_1min(client: OpenAI, mock: Mock) -> None:
    mock.script(always=answer())
    client.chat.completions.create(model=MODEL, messages=HI, extra_headers={"x-secret": "x"})
    [call] = mock.received()
    assert call.headers["user-agent"].startswith("1min-relay/")
    assert not [name for name in call.headers if name.startswith("x-")]
