/** Speech and transcripts, as the SDK asks for them: bytes compared to those that 1min.ai made. */

import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI, { toFile } from 'openai';

import { answer, connect, mock, startRelay } from './support.mjs';

const client = connect(await startRelay());

/** A WAV of half a second: 8 kHz, 8 bits. */
function sound() {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + 4_000, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(8_000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36);
  header.writeUInt32LE(4_000, 40);
  return toFile(Buffer.concat([header, Buffer.alloc(4_000, 128)]), 'question.wav');
}

/** A transcript as the only entry of a result. */
const gives = (text) => answer(text, { metadata: { credit: 12 } });

/** What 1min.ai made, from where the relay had it. */
async function made() {
  const [download] = await mock.downloads();
  const response = await fetch(mock.url + download.path);
  return Buffer.from(await response.arrayBuffer());
}

test('a text is spoken whole', async () => {
  const spoken = await client.audio.speech.create({ model: 'tts-1', voice: 'nova', input: 'Hello there.' });
  assert.equal(spoken.headers.get('content-type'), 'audio/mpeg');
  assert.ok(Buffer.from(await spoken.arrayBuffer()).equals(await made()));
  const [call] = await mock.features();
  assert.deepEqual(call.body.promptObject, { text: 'Hello there.', voice: 'nova', response_format: 'mp3' });
});

test('a text is spoken as a stream of bytes', async () => {
  const asked = { model: 'qwen3-tts-flash', voice: 'Dylan', input: 'Hello there.', response_format: 'wav' };
  const spoken = await client.audio.speech.create(asked);
  const pieces = [];
  for await (const piece of spoken.body) pieces.push(piece);
  assert.ok(Buffer.concat(pieces).equals(await made()));
  assert.equal(spoken.headers.get('content-type'), 'audio/wav');
});

test('a refusal is an exception', async () => {
  const asked = { model: 'qwen3-tts-flash', voice: 'Dylan', input: 'Hello there.', response_format: 'mp3' };
  await assert.rejects(client.audio.speech.create(asked), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    return error.code === 'unsupported_value' && error.param === 'response_format';
  });
  assert.deepEqual(await mock.features(), []);
});

test('a sound is transcribed in every form', async () => {
  await mock.alwaysFeature(gives('Hello there.'));
  const ask = async (response_format) =>
    client.audio.transcriptions.create({ model: 'whisper-1', file: await sound(), response_format });
  assert.equal((await ask('json')).text, 'Hello there.');
  assert.equal(await ask('text'), 'Hello there.\n');
  assert.equal(await ask('srt'), '1\n00:00:00,000 --> 00:00:00,500\nHello there.\n\n');
  assert.equal(await ask('vtt'), 'WEBVTT\n\n00:00:00.000 --> 00:00:00.500\nHello there.\n\n');
  const verbose = await ask('verbose_json');
  assert.equal(verbose.duration, 0.5);
  assert.equal(verbose.segments[0].end, 0.5);
});

test('a transcript is streamed', async () => {
  await mock.alwaysFeature(gives('Hello there.'));
  const asked = { model: 'gpt-4o-transcribe', file: await sound(), stream: true };
  const events = [];
  for await (const event of await client.audio.transcriptions.create(asked)) events.push(event);
  assert.deepEqual(events.map((event) => event.type), ['transcript.text.delta', 'transcript.text.done']);
  assert.equal(events[1].text, 'Hello there.');
});

test('a sound is translated', async () => {
  await mock.alwaysFeature(gives('Hello there.'));
  const translated = await client.audio.translations.create({ model: 'whisper-1', file: await sound() });
  assert.equal(translated.text, 'Hello there.');
  const [call] = await mock.features();
  assert.equal(call.body.type, 'AUDIO_TRANSLATOR');
});
