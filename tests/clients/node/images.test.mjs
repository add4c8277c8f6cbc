/** Pictures: drawn, changed and varied, as bytes and as addresses, whole and streamed. */

import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI, { toFile } from 'openai';

import { collect, connect, mock, raised, startRelay } from './support.mjs';

const MODEL = 'gpt-image-1';

// A pixel of red, and one that is transparent.
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==', 'base64');
const MASK = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII=', 'base64');

const client = connect(await startRelay());

const fetched = async (url) => {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return { type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) };
};

/** What the stand-in made, in the order it was fetched. */
const made = async () => {
  const downloads = await mock.downloads();
  return Promise.all(downloads.map(async ({ path }) => (await fetched(mock.url + path)).bytes));
};

const bytesOf = ({ data }) => data.map(({ b64_json }) => Buffer.from(b64_json, 'base64'));
const picture = () => toFile(PICTURE, 'fox.png', { type: 'image/png' });

test('a picture comes as bytes', async () => {
  const answer = await client.images.generate({ model: MODEL, prompt: 'a fox', size: '1024x1536', n: 2 });
  assert.deepEqual(bytesOf(answer), await made());
  assert.deepEqual([answer.output_format, answer.size, answer.quality], ['png', '1024x1536', 'auto']);
  assert.ok(answer.usage.input_tokens > 0);
});

test('an address leads to the picture', async () => {
  const { data: [image] } = await client.images.generate({ model: 'dall-e-3', prompt: 'a fox' });
  assert.equal(image.b64_json, undefined);
  const { type, bytes } = await fetched(image.url);
  assert.deepEqual([type, bytes], ['image/png', (await made())[0]]);
});

test('a stream gives each picture', async () => {
  const events = await collect(client.images.generate({ model: MODEL, prompt: 'a fox', stream: true, partial_images: 1 }));
  assert.deepEqual(events.map(({ type }) => type), ['image_generation.completed']);
  assert.deepEqual(bytesOf({ data: events }), await made());
});

test('an edit takes one picture or several, and a mask', async () => {
  const masked = await client.images.edit({
    model: MODEL, prompt: 'in blue', image: await picture(), mask: await toFile(MASK, 'mask.png', { type: 'image/png' }),
  });
  const listed = await client.images.edit({ model: MODEL, prompt: 'in blue', image: [await picture()] });
  const streamed = await collect(client.images.edit({ model: MODEL, prompt: 'in red', image: await picture(), stream: true }));
  assert.equal(streamed[0].type, 'image_edit.completed');
  assert.deepEqual([...bytesOf(masked), ...bytesOf(listed), ...bytesOf({ data: streamed })], await made());
});

test('a variation is like a picture', async () => {
  const { data } = await client.images.createVariation({ model: 'dall-e-2', image: await picture(), n: 2, size: '256x256' });
  const files = await Promise.all(data.map(({ url }) => fetched(url)));
  assert.deepEqual(files.map(({ bytes }) => bytes), await made());
});

test('what can not be drawn is refused by name', async () => {
  for (const [fields, param] of [[{ n: 0 }, 'n'], [{ size: 'huge' }, 'size'], [{ model: 'gpt-4o-mini' }, 'model']]) {
    const error = await raised(OpenAI.BadRequestError, client.images.generate({ prompt: 'a fox', ...fields }));
    assert.equal(error.param, param);
  }
  assert.deepEqual(await mock.downloads(), []);
});
