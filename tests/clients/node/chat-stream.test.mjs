/** A chat answered as a stream. */

import assert from 'node:assert/strict';
import test from 'node:test';

import {
  HI, MODEL, answer, collect, connect, content, done, echo, finishesOf, nextText, mock, startRelay, stream, textOf,
} from './support.mjs';

const client = connect(await startRelay());
const ask = (fields = {}) => client.chat.completions.create({ model: MODEL, messages: HI, stream: true, ...fields });

test('multi-byte text is intact however the bytes arrive', async () => {
  const text = 'naïve — ☃ 🙂👩‍👩‍👧 日本語 \u{10ffff}\n"\\';
  for (const delta_chars of [1, 3, 0]) {
    await mock.always(answer(text, { delta_chars, piece_bytes: 1 }));
    assert.equal(textOf(await collect(ask())), text);
  }
});

test('chunks come in the published order', async () => {
  await mock.always(answer('Hello world', { delta_chars: 3 }));
  const chunks = await collect(ask());
  const [{ id, created }] = chunks;
  assert.match(id, /^chatcmpl-/);
  for (const chunk of chunks) {
    assert.deepEqual(
      [chunk.id, chunk.created, chunk.model, chunk.object],
      [id, created, MODEL, 'chat.completion.chunk'],
    );
  }
  const choices = chunks.flatMap((chunk) => chunk.choices);
  assert.deepEqual([choices[0].delta, choices[0].finish_reason], [{ role: 'assistant', content: '' }, null]);
  assert.ok(choices.slice(1).every((choice) => !('role' in choice.delta)));
  assert.deepEqual([choices.at(-1).delta, choices.at(-1).finish_reason], [{}, 'stop']);
  assert.deepEqual([textOf(chunks), finishesOf(chunks)], ['Hello world', ['stop']]);
});

test('text arrives while the model still writes', async () => {
  await mock.script(stream(content('first '), 'gate', content('second'), done()));
  const chunks = (await ask())[Symbol.asyncIterator]();
  assert.equal(await nextText(chunks), 'first ');
  await mock.openGate();
  assert.equal(await nextText(chunks), 'second');
  assert.equal((await chunks.next()).value.choices[0].finish_reason, 'stop');
  assert.equal((await chunks.next()).done, true);
});

test('a chunk of usage comes last when it is asked for', async () => {
  await mock.always(answer('Hello world'));
  const chunks = await collect(ask({ stream_options: { include_usage: true } }));
  const { choices, usage } = chunks.pop();
  assert.deepEqual(choices, []);
  const { prompt_tokens, completion_tokens, total_tokens, credits } = usage;
  assert.deepEqual([prompt_tokens, completion_tokens, total_tokens, credits], [98, 3, 101, 45]);
  assert.ok(chunks.every((chunk) => chunk.usage === null && chunk.choices.length === 1));
  assert.deepEqual(finishesOf(chunks), ['stop']);
});

test('no chunk of usage comes unasked', async () => {
  await mock.always(answer('Hello world'));
  for (const fields of [{}, { stream_options: { include_usage: false } }]) {
    const chunks = await collect(ask(fields));
    assert.ok(chunks.every((chunk) => !('usage' in chunk) && chunk.choices.length === 1));
  }
});

test('n streams as many choices', async () => {
  await mock.script(answer('one', { delta_chars: 1 }), answer('two', { delta_chars: 1 }));
  const chunks = await collect(ask({ n: 2, stream_options: { include_usage: true } }));
  assert.deepEqual([textOf(chunks, 0), textOf(chunks, 1)].sort(), ['one', 'two']);
  assert.deepEqual([finishesOf(chunks, 0), finishesOf(chunks, 1)], [['stop'], ['stop']]);
  assert.equal(chunks.at(-1).usage.total_tokens, 202);
  assert.equal(await mock.calls(), 2);
});

test('a stop sequence across chunks ends the answer and cancels the rest', async () => {
  await mock.script(stream(content('one E'), content('N'), content('D two'), 'hang'));
  const chunks = await collect(ask({ stop: 'END' }));
  assert.deepEqual([textOf(chunks), finishesOf(chunks)], ['one ', ['stop']]);
  await mock.waitForCancelled(1);
});

for (const field of ['max_tokens', 'max_completion_tokens']) {
  test(`${field} cuts the answer and cancels the rest`, async () => {
    await mock.script(stream(content('one two three four '), content('five six seven'), 'hang'));
    const chunks = await collect(ask({ [field]: 3 }));
    assert.match(textOf(chunks), /^one(?!.*five)/);
    assert.deepEqual(finishesOf(chunks), ['length']);
    await mock.waitForCancelled(1);
  });
}

test('the stream helper tells deltas and folds the answer', async () => {
  await mock.always(answer('Hello 🙂 world', { delta_chars: 3 }));
  const request = { model: MODEL, messages: HI, stream_options: { include_usage: true } };
  const helper = client.chat.completions.stream(request);
  const deltas = [];
  helper.on('content', (delta) => deltas.push(delta));
  const completion = await helper.finalChatCompletion();
  assert.ok(deltas.length > 1);
  assert.equal(deltas.join(''), 'Hello 🙂 world');
  assert.equal(completion.choices[0].message.content, 'Hello 🙂 world');
  assert.equal(completion.choices[0].finish_reason, 'stop');
  assert.equal((await helper.totalUsage()).total_tokens, 101);
});

test('the wire is an event stream that ends with done', async () => {
  await mock.always(answer('Hello world'));
  const response = await ask().asResponse();
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.equal(response.headers.get('cache-control'), 'no-cache, no-transform');
  assert.match(response.headers.get('x-request-id'), /^req_/);
  assert.match(response.headers.get('openai-processing-ms'), /^\d+$/);
  assert.equal(response.headers.get('openai-version'), '2020-10-01');
  const lines = (await response.text()).split('\n').filter(Boolean);
  assert.ok(lines.every((line) => line.startsWith('data: ')));
  assert.equal(lines.at(-1), 'data: [DONE]');
});

test('a label in front of an answer to a transcript is taken off', async () => {
  await mock.always(answer('Assistant: Hello', { delta_chars: 1 }));
  const messages = [{ role: 'system', content: 'Be kind.' }, ...HI];
  assert.equal(textOf(await collect(ask({ messages }))), 'Hello');
});

test('requests side by side get each their own answer', async () => {
  await mock.always(echo({ delta_chars: 1 }));
  const questions = Array.from({ length: 32 }, (_, number) => `I am number ${number}.`);
  const askOne = async (question) => textOf(await collect(ask({ messages: [{ role: 'user', content: question }] })));
  assert.deepEqual(await Promise.all(questions.map(askOne)), questions);
});

test('a hundred streams at once have each their own text', async () => {
  await mock.always(echo({ delta_chars: 1 }));
  const texts = Array.from({ length: 100 }, (_, number) => `I am number ${number}.`);
  // None is read before all have begun.
  const streams = await Promise.all(texts.map((content) => ask({ messages: [{ role: 'user', content }] })));
  const answers = await Promise.all(streams.map(collect));
  assert.deepEqual(answers.map((chunks) => textOf(chunks)), texts);
  assert.ok(answers.every((chunks) => finishesOf(chunks)[0] === 'stop'));
  assert.equal(await mock.calls(), 100);
});
