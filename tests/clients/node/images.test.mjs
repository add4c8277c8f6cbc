/** Pictures: drawn, edited and varied; what comes is what 1min.ai made, byte by byte. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import OpenAI, { toFile } from 'openai';

import { MODEL, act, collect, connect, fetched, mock, raised, refusal, startRelay } from './support.mjs';

// Its pictures come in the answer itself, unless the request says otherwise; it edits, also a part of a picture.
const MINI = 'gpt-image-1-mini';
// It makes several pictures a call, and varies them.
const COUNTING = 'dall-e-2';
// It makes one picture a call.
const SINGLE = 'black-forest-labs/flux-dev';
// It edits up to three pictures at once.
const BLENDING = 'qwen-image-edit-plus';

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
// Two transparent pixels and two others.
const MASK = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAF0lEQVR4nGPg5ORkYGRi/s8AAqysrP8BDSoCL3XH/w4AAAAASUVORK5CYII=',
  'base64',
);

const relay = await startRelay();
const client = connect(relay);

/** A file that begins like a picture: what was uploaded once is not uploaded again, so each test has its own. */
const picture = (name) => Buffer.concat([Buffer.from(PNG), Buffer.from(name)]);
const asFile = (bytes, name = 'fox.png') => toFile(bytes, name, { type: 'image/png' });
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The pictures of an answer, in whichever way they came. */
async function given({ data }) {
  const pictures = [];
  for (const { b64_json: base64, url } of data) {
    assert.ok((base64 === undefined) !== (url === undefined));
    if (base64 !== undefined) {
      pictures.push(Buffer.from(base64, 'base64'));
      continue;
    }
    const { status, type, bytes } = await fetched(url);
    assert.deepEqual([status, type], [200, 'image/png']);
    pictures.push(bytes);
  }
  return pictures;
}

const asked = async () => (await mock.features()).map(({ body }) => [body.type, body.model]);

/** What the only call says. */
async function fields() {
  const calls = await mock.features();
  assert.equal(calls.length, 1);
  return calls[0].body.promptObject;
}

/** Fails unless `object` says all of this. */
const says = (object, wanted) => assert.deepEqual({ ...object, ...wanted }, object);

test('a picture comes in the answer', async () => {
  const answer = await client.images.generate({ model: MINI, prompt: 'a fox' });
  assert.equal(answer.data[0].url, undefined);
  assert.deepEqual(await given(answer), await mock.made());
  assert.equal(answer.output_format, 'png');
  assert.equal(answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens);
  assert.deepEqual(await asked(), [['IMAGE_GENERATOR', MINI]]);
  // The addresses of files are signed; the key is for 1min.ai alone.
  assert.equal((await mock.downloads())[0].has_api_key, false);
});

test('a picture comes as an address that needs no key', async () => {
  const answer = await client.images.generate({ model: MINI, prompt: 'a fox', response_format: 'url' });
  assert.ok(answer.data[0].url.startsWith(`${relay.replace(/\/v1$/, '')}/results/`), answer.data[0].url);
  assert.deepEqual(await given(answer), await mock.made());
});

for (const model of [COUNTING, 'dall-e-3', SINGLE]) {
  test(`${model} gives addresses and can give bytes`, async () => {
    const addresses = await client.images.generate({ model, prompt: 'a fox' });
    const inAnswer = await client.images.generate({ model, prompt: 'a fox', response_format: 'b64_json' });
    assert.deepEqual([typeof addresses.data[0].url, typeof inAnswer.data[0].b64_json], ['string', 'string']);
    assert.deepEqual([...await given(addresses), ...await given(inAnswer)], await mock.made());
  });
}

for (const [model, calls] of [[COUNTING, 1], [SINGLE, 3]]) {
  test(`three pictures of ${model} are ${calls} of its calls`, async () => {
    const answer = await client.images.generate({ model, prompt: 'foxes', n: 3, response_format: 'b64_json' });
    assert.deepEqual(await asked(), Array(calls).fill(['IMAGE_GENERATOR', model]));
    // Calls side by side end in any order.
    const [pictures, made] = [await given(answer), await mock.made()].map((files) => files.map(sha256).sort());
    assert.deepEqual(pictures, made);
    assert.equal(new Set(pictures).size, 3);
  });
}

test('the look of a picture reaches 1min', async () => {
  const look = { size: '1536x1024', quality: 'high', background: 'opaque', output_format: 'webp' };
  const more = { output_compression: 50, moderation: 'low', user: 'ann' };
  const answer = await client.images.generate({ model: MINI, prompt: 'a fox', ...look, ...more });
  says(await fields(), { ...look, output_compression: 50 });
  says(answer, look);
});

test('a stream has one event for each picture', async () => {
  await mock.scriptFeatures(act([], { credit: 12 }));
  const request = { model: MINI, prompt: 'a fox', n: 2, partial_images: 2, stream: true };
  const events = await collect(client.images.generate(request));
  assert.deepEqual(events.map(({ type }) => type), Array(2).fill('image_generation.completed'));
  assert.deepEqual(await given({ data: events }), await mock.made());
  // Whoever adds up counts the prompt once.
  assert.deepEqual(events.map(({ usage }) => usage.total_tokens > 0), [true, false]);
});

test('a stream of an edit has its own events', async () => {
  const image = await asFile(picture('streamed'));
  const events = await collect(client.images.edit({ model: MINI, image, prompt: 'in blue', stream: true }));
  assert.deepEqual(events.map(({ type }) => type), ['image_edit.completed']);
  assert.deepEqual(await given({ data: events }), await mock.made());
});

for (const [name, handOver] of [['alone', (file) => file], ['in a list', (file) => [file]]]) {
  test(`a picture is edited that is handed over ${name}, and its numbers are numbers`, async () => {
    const bytes = picture(name);
    const numbers = { n: 2, output_compression: 70 };
    const image = handOver(await asFile(bytes));
    const answer = await client.images.edit({ model: MINI, image, prompt: 'in blue', ...numbers });
    assert.deepEqual(await given(answer), await mock.made());
    assert.equal(answer.data.length, 2);
    assert.deepEqual(await asked(), [['IMAGE_EDITOR', MINI]]);
    const [{ path, ...upload }] = await mock.uploads();
    says(upload, { sha256: sha256(bytes), content_type: 'image/png', file_name: 'fox.png' });
    says(await fields(), { imageUrl: path, prompt: 'in blue', ...numbers });
  });
}

test('several pictures are edited together', async () => {
  const image = [await asFile(picture('first'), 'a.png'), await asFile(picture('second'), 'b.png')];
  const answer = await client.images.edit({ model: BLENDING, image, prompt: 'both', response_format: 'b64_json' });
  assert.deepEqual(await given(answer), await mock.made());
  const [first, second] = await mock.uploads();
  assert.deepEqual([first.sha256, second.sha256], [sha256(picture('first')), sha256(picture('second'))]);
  says(await fields(), { imageUrl: first.path, additional_images: [second.path] });
});

test('a mask is turned into the one of 1min', async () => {
  const image = await asFile(picture('masked'));
  const answer = await client.images.edit({ model: MINI, image, mask: await asFile(MASK), prompt: 'a hat' });
  assert.deepEqual(await given(answer), await mock.made());
  assert.deepEqual(await asked(), [['IMAGE_INPAINTER', MINI]]);
  const [first, second] = await mock.uploads();
  // White stands for what was transparent.
  assert.notEqual(second.sha256, sha256(MASK));
  says(await fields(), { imageUrl: first.path, maskUrl: second.path });
});

test('a picture is varied', async () => {
  const image = await asFile(picture('varied'));
  const answer = await client.images.createVariation({ model: COUNTING, image, n: 2, size: '512x512' });
  assert.deepEqual(await given(answer), await mock.made());
  assert.deepEqual(await asked(), [['IMAGE_VARIATOR', COUNTING]]);
  says(await fields(), { n: 2, size: '512x512', imageUrl: (await mock.uploads())[0].path });
});

const image = await asFile(picture('refused'));
const draw = (request) => client.images.generate({ model: MINI, prompt: 'a fox', ...request });
const REFUSED = [
  ['a size that is none', 'size', () => draw({ size: 'enormous' })],
  ['a size the model lacks', 'size', () => draw({ size: '100x100' })],
  ['no pictures', 'n', () => draw({ n: 0 })],
  ['no words', 'prompt', () => draw({ prompt: '' })],
  ['a model that writes', 'model', () => draw({ model: MODEL })],
  ['an edit of nothing', 'image', () => client.images.edit({ model: MINI, image: [], prompt: 'x' })],
  ['a model that does not edit', 'model', () => client.images.edit({ model: COUNTING, image, prompt: 'x' })],
  ['a model that does not vary', 'model', () => client.images.createVariation({ model: MINI, image })],
];

for (const [name, param, ask] of REFUSED) {
  test(`${name} is refused by name and costs nothing`, async () => {
    const caught = await raised(OpenAI.BadRequestError, ask());
    assert.deepEqual([caught.type, caught.param], ['invalid_request_error', param]);
    assert.equal(caught.headers.get('x-should-retry'), 'false');
    assert.deepEqual([await mock.features(), await mock.uploads()], [[], []]);
  });
}

for (const stream of [false, true]) {
  test(`what may have been billed is asked for once, ${stream ? 'streamed' : 'whole'}`, async () => {
    await mock.alwaysFeature(refusal(500, { message: 'It broke' }));
    const caught = await raised(OpenAI.InternalServerError, draw({ stream }));
    assert.match(caught.message, /may have been billed/);
    assert.equal((await mock.features()).length, 1);
  });
}

test('the headers tell the price and the request', async () => {
  await mock.alwaysFeature(act([], { credit: 12 }));
  const { response, request_id: id } = await draw({ model: SINGLE, n: 2 }).withResponse();
  assert.equal(response.headers.get('x-relay-credits'), '24');
  assert.match(id, /^req_/);
});

const TASKS = {
  drawn: (images) => images.generate({ model: MINI, prompt: 'a fox' }),
  edited: async (images) => images.edit({ model: MINI, image: await asFile(picture('twice')), prompt: 'in blue' }),
};

for (const [name, ask] of Object.entries(TASKS)) {
  test(`a second try gets the picture that was ${name} for the first`, async () => {
    await mock.scriptFeatures(act(['gate']));
    const tries = [];
    const watching = async (url, options) => {
      tries.push(new Headers(options.headers).get('x-stainless-retry-count'));
      if (tries.length === 2) {
        // The first try has left, and its call goes on.
        await mock.waitForFeatures({ open: 1, finished: 0, cancelled: 0 });
        await mock.openGate();
      }
      return fetch(url, options);
    };
    const impatient = connect(relay, { timeout: 2_000, maxRetries: 1, fetch: watching });
    const answer = await ask(impatient.images);
    assert.deepEqual(tries, ['0', '1']);
    assert.deepEqual(await given(answer), await mock.made());
    assert.equal((await mock.features()).length, 1);
  });
}

for (const stream of [false, true]) {
  test(`a chat shows the picture, ${stream ? 'streamed' : 'whole'}`, async () => {
    const request = { model: MINI, messages: [{ role: 'user', content: 'a fox' }], stream };
    const answer = await client.chat.completions.create(request);
    const text = stream
      ? (await collect(answer)).map(({ choices }) => choices[0]?.delta.content ?? '').join('')
      : answer.choices[0].message.content;
    const [, url] = /^!\[[^\]]*\]\((\S+)\)\s*$/.exec(text);
    const { status, type, bytes } = await fetched(url);
    assert.deepEqual([status, type], [200, 'image/png']);
    assert.deepEqual([bytes], await mock.made());
  });
}
