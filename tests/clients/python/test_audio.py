"""Speech and transcripts, as the SDK asks for them: bytes compared to those that 1min.ai made."""

import base64
import io
import json
import urllib.request
import wave

import openai
import pytest
from openai import OpenAI

from support import Mock, answer

TEXT = "Hello there."

# The formats of OpenAI's speech, and what they come as.
FORMATS = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}


def sound() -> tuple[str, bytes]:
    """A WAV of half a second."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setnchannels(1)
        writing.setsampwidth(2)
        writing.setframerate(8_000)
        writing.writeframes(bytes(8_000))
    return ("question.wav", file.getvalue())


def gives(text: str) -> dict:
    """A transcript as the only entry of a result."""
    return answer(text, metadata={"credit": 12})


def made(mock: Mock, index: int = 0) -> bytes:
    """What 1min.ai made, from where the relay had it."""
    download = mock.downloads()[index]
    assert not download["has_api_key"]
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(mock.url + download["path"]) as file:
        return file.read()


@pytest.mark.parametrize("response_format", FORMATS)
def test_a_text_is_spoken_whole(client: OpenAI, mock: Mock, response_format: str) -> None:
    spoken = client.audio.speech.create(model="tts-1", voice="nova", input=TEXT, response_format=response_format)
    assert spoken.response.headers["content-type"] == FORMATS[response_format]
    assert spoken.content == made(mock)
    [call] = mock.features()
    fields = {"text": TEXT, "voice": "nova", "response_format": response_format}
    assert (call.body["type"], call.body["model"], call.body["promptObject"]) == ("TEXT_TO_SPEECH", "tts-1", fields)


def test_a_text_is_spoken_as_a_stream_of_bytes(client: OpenAI, mock: Mock) -> None:
    create = client.audio.speech.with_streaming_response.create
    with create(model="tts-1", voice="alloy", input=TEXT, speed=1.5, instructions="Kindly.") as spoken:
        assert int(spoken.headers["content-length"]) > 0
        assert b"".join(spoken.iter_bytes(1_000)) == made(mock)
    assert [call.body["promptObject"]["speed"] for call in mock.features()] == [1.5]


def test_a_text_is_spoken_as_events(client: OpenAI, mock: Mock) -> None:
    create = client.audio.speech.with_streaming_response.create
    with create(model="tts-1", voice="alloy", input=TEXT, stream_format="sse") as spoken:
        events = [json.loads(line.removeprefix("data: ")) for line in spoken.iter_lines() if line.startswith("data:")]
    *deltas, done = events
    assert b"".join(base64.b64decode(delta["audio"]) for delta in deltas) == made(mock)
    assert ({delta["type"] for delta in deltas}, done["type"]) == ({"speech.audio.delta"}, "speech.audio.done")
    assert set(done["usage"]) >= {"input_tokens", "output_tokens", "total_tokens"}


def test_a_long_text_is_one_sound(client: OpenAI, mock: Mock) -> None:
    text = "This sentence is one of many. " * 200
    spoken = client.audio.speech.create(model="tts-1", voice="alloy", input=text, response_format="wav")
    assert len(mock.features()) == 2
    with wave.open(io.BytesIO(spoken.content)) as whole:
        parts = [wave.open(io.BytesIO(made(mock, index))) for index in range(2)]
        assert whole.getnframes() == sum(part.getnframes() for part in parts)
        assert whole.getframerate() == parts[0].getframerate()


def test_a_refusal_is_an_exception(client: OpenAI, mock: Mock) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.audio.speech.create(model="elevenlabs-tts", voice="alloy", input=TEXT, response_format="wav")
    assert (refused.value.code, refused.value.param) == ("unsupported_value", "response_format")
    assert mock.features() == []


@pytest.mark.parametrize("response_format", ["json", "text", "srt", "vtt", "verbose_json"])
@pytest.mark.parametrize("is_acted", [True, False], ids=["whisper gives it", "words alone"])
def test_a_sound_is_transcribed(client: OpenAI, mock: Mock, response_format: str, is_acted: bool) -> None:
    mock.script_features(always=None if is_acted else gives("Hello & you."))
    transcribed = client.audio.transcriptions.create(
        model="whisper-1",
        file=sound(),
        response_format=response_format,
        language="en",
        timestamp_granularities=["segment"],
    )
    words = "This is the demo of 1min Relay: nobody listened to the recording." if is_acted else "Hello & you."
    match response_format:
        case "json":
            assert transcribed.text == words
        case "text":
            assert transcribed == f"{words}\n"
        case "srt":
            assert transcribed.startswith("1\n00:00:00,000 --> 00:00:0") and words in transcribed
        case "vtt":
            assert transcribed.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:0")
        case "verbose_json":
            assert (transcribed.text, transcribed.duration) == (words, 2.5 if is_acted else 0.5)
            [segment] = transcribed.segments
            assert (segment.start, segment.end, segment.text) == (0.0, transcribed.duration, words)
    [call] = mock.features()
    assert call.body["promptObject"]["audioUrl"].endswith("question.wav")
    asked = "text" if response_format == "json" else response_format
    assert call.body["promptObject"] | {"audioUrl": ""} == {"audioUrl": "", "response_format": asked, "language": "en"}


def test_a_transcript_is_streamed(client: OpenAI, mock: Mock) -> None:
    mock.script_features(always=gives("Hello there."))
    events = list(client.audio.transcriptions.create(model="gpt-4o-transcribe", file=sound(), stream=True))
    assert [event.type for event in events] == ["transcript.text.delta", "transcript.text.done"]
    assert (events[0].delta, events[1].text) == ("Hello there.", "Hello there.")


def test_speakers_are_told_apart(client: OpenAI, mock: Mock) -> None:
    segments = [{"start": 0, "end": 1, "text": "Hello.", "speaker": "A"}]
    mock.script_features(always=gives(json.dumps({"text": "Hello.", "segments": segments})))
    transcribed = client.audio.transcriptions.create(
        model="gpt-4o-transcribe-diarize", file=sound(), response_format="diarized_json", chunking_strategy="auto"
    )
    assert [(segment.speaker, segment.text) for segment in transcribed.segments] == [("A", "Hello.")]


# The SDK advises against it, and apps use it all the same.
@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
@pytest.mark.parametrize("response_format", ["json", "text", "verbose_json"])
def test_a_sound_is_translated(client: OpenAI, mock: Mock, response_format: str) -> None:
    mock.script_features(always=gives("Hello."))
    translated = client.audio.translations.create(model="whisper-1", file=sound(), response_format=response_format)
    match response_format:
        case "json":
            assert translated.text == "Hello."
        case "text":
            assert translated == "Hello.\n"
        case "verbose_json":
            assert (translated.language, translated.text, translated.duration) == ("english", "Hello.", 0.5)
    assert [call.body["type"] for call in mock.features()] == ["AUDIO_TRANSLATOR"]


def test_what_is_no_sound_is_refused(client: OpenAI, mock: Mock) -> None:
    for file in [("a.mp3", b""), ("a.mp3", b"This is no sound.")]:
        with pytest.raises(openai.BadRequestError) as refused:
            client.audio.transcriptions.create(model="whisper-1", file=file)
        assert (refused.value.code, refused.value.param) == ("invalid_value", "file")
    assert mock.features() == []
