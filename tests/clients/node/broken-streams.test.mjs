/** Streams that break after text has come: the text is kept, an exception is raised, and nobody asks again. */

import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI from 'openai';

import { CUT, HI, MODEL, connect, content, error, finishesOf, mock, startRelay, stream, textOf } from './support.mjs';

const [relay, impatientRelay] = await Promise.all([
  startRelay(),
  startRelay({ settings: ['first_byte_timeout=1', 'idle_timeout=1'] }),
]);
const client = connect(relay);
const request = { model: MODEL, messages: HI, stream: true };

/** The chunks and the exception of a stream that must break. */
async function readUntilItBreaks(iterable) {
  const chunks = [];
  try {
    for await (const chunk of iterable) chunks.push(chunk);
  } catch (caught) {
    assert.ok(caught instanceof OpenAI.APIError, String(caught));
    return { chunks, caught };
  }
  assert.fail('the stream ended as if it were complete');
}

const ENDINGS = [
  ['an error', [error('The vendor fell over')], /The vendor fell over/],
  ['a late refusal', [error('Model nope is not supported')], /Model nope is not supported/],
  ['a cut', CUT, /cut off/],
  ['no end', [], /ended without its closing frame/],
  ['half a frame', [{ send: 'event: content\ndata: {"content": "half' }], /ended without its closing frame/],
  ['a frame that is no JSON', [{ send: 'event: content\ndata: {]\n\n' }], /can't be read/],
];

for (const [name, ending, words] of ENDINGS) {
  test(`a stream that breaks by ${name} raises after its text and is not asked for again`, async () => {
    await mock.always(stream(content('Hello '), content('🙂'), ...ending));
    const { chunks, caught } = await readUntilItBreaks(await client.chat.completions.create(request));
    assert.deepEqual([textOf(chunks), finishesOf(chunks)], ['Hello 🙂', []]);
    assert.deepEqual([caught.type, caught.code, caught.param], ['server_error', 'upstream_error', null]);
    assert.match(caught.message, words);
    assert.match(caught.message, /may have been billed/);
    assert.equal(await mock.calls(), 1);
  });
}

test('a stream that falls silent raises after its text', async () => {
  await mock.always(stream(content('Hello'), 'hang'));
  const { chunks, caught } = await readUntilItBreaks(await connect(impatientRelay).chat.completions.create(request));
  assert.deepEqual([textOf(chunks), finishesOf(chunks), caught.code], ['Hello', [], 'upstream_timeout']);
  assert.match(caught.message, /nothing more of its answer within 1 s/);
  await mock.waitForCancelled(1);
});

test('a broken stream is not closed as if it were complete', async () => {
  await mock.always(stream(content('Hello'), ...CUT));
  const fields = { ...request, stream_options: { include_usage: true } };
  const response = await client.chat.completions.create(fields).asResponse();
  const lines = (await response.text()).split('\n').filter(Boolean);
  assert.match(lines.at(-1), /^data: \{"error":\{/);
});

test('the stream helper raises as well', async () => {
  await mock.always(stream(content('Hello'), error('The vendor fell over')));
  const helper = client.chat.completions.stream({ model: MODEL, messages: HI });
  let text = '';
  helper.on('content', (delta) => {
    text += delta;
  });
  await assert.rejects(helper.finalChatCompletion(), /The vendor fell over/);
  assert.equal(text, 'Hello');
  assert.equal(await mock.calls(), 1);
});

test('one broken choice breaks all and cancels the others', async () => {
  const breaking = stream(content('two'), 'gate', error('The vendor fell over'));
  await mock.script(stream(content('one'), 'hang'), breaking);
  const iterator = (await client.chat.completions.create({ ...request, n: 2 }))[Symbol.asyncIterator]();
  const begun = [];
  while (!textOf(begun, 0) || !textOf(begun, 1)) begun.push((await iterator.next()).value);
  await mock.openGate();
  assert.deepEqual([textOf(begun, 0), textOf(begun, 1)].sort(), ['one', 'two']);
  const { caught } = await readUntilItBreaks(iterator);
  assert.equal(caught.code, 'upstream_error');
  await mock.waitFor({ open: 0, finished: 1, cancelled: 1 });
});
