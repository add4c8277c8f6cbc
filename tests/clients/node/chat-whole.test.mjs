/** A chat answered whole. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { HI, MODEL, answer, connect, mock, startRelay } from './support.mjs';

const client = connect(await startRelay());
const ask = (fields = {}) => client.chat.completions.create({ model: MODEL, messages: HI, ...fields });

test('an answer has text, finish reason and usage', async () => {
  await mock.always(answer('Hello ☃'));
  const completion = await ask();
  assert.equal(completion.object, 'chat.completion');
  assert.match(completion.id, /^chatcmpl-/);
  assert.ok(completion.created > 1_700_000_000);
  assert.equal(completion.model, MODEL);
  assert.deepEqual(completion.choices, [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hello ☃', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ]);
  const { prompt_tokens, completion_tokens, total_tokens, credits } = completion.usage;
  assert.deepEqual([prompt_tokens, completion_tokens, total_tokens, credits], [98, 3, 101, 45]);
  assert.equal(completion.usage.prompt_tokens_details.cached_tokens, 0);
  assert.equal(completion.usage.completion_tokens_details.reasoning_tokens, 0);
});

test('multi-byte text is intact however the bytes arrive', async () => {
  const text = 'naïve — ☃ 🙂👩‍👩‍👧 日本語 \u{10ffff}\n"\\';
  await mock.always(answer(text, { piece_bytes: 1 }));
  assert.equal((await ask()).choices[0].message.content, text);
});

test('usage is estimated where 1min gives none', async () => {
  await mock.always(answer('one two three', { metadata: null }));
  const { usage } = await ask();
  assert.ok(usage.prompt_tokens > 0);
  assert.ok(usage.completion_tokens > 0);
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
});

test('the raw answer has the headers that support asks for', async () => {
  await mock.always(answer());
  const { data, response, request_id } = await ask().withResponse();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.match(request_id, /^req_/);
  assert.equal(response.headers.get('x-request-id'), request_id);
  assert.equal(data._request_id, request_id);
  assert.match(response.headers.get('openai-processing-ms'), /^\d+$/);
  assert.equal(response.headers.get('openai-version'), '2020-10-01');
  assert.equal(response.headers.get('x-relay-credits'), '45');
});

test('every answer has an id of its own', async () => {
  await mock.always(answer());
  const [first, second] = [await ask(), await ask()];
  assert.notEqual(first.id, second.id);
  assert.notEqual(first._request_id, second._request_id);
});

test('n gives as many choices for as many calls', async () => {
  await mock.script(answer('one'), answer('two'));
  const { choices, usage } = await ask({ n: 2 });
  assert.deepEqual(choices.map((choice) => [choice.index, choice.finish_reason]), [[0, 'stop'], [1, 'stop']]);
  assert.deepEqual(choices.map((choice) => choice.message.content).sort(), ['one', 'two']);
  assert.equal(usage.total_tokens, 202);
  assert.equal(await mock.calls(), 2);
});

test('a stop sequence ends the answer and is no part of it', async () => {
  await mock.always(answer('one two END three', { delta_chars: 1 }));
  const cases = [['END', 'one two '], [['zzz', ' END'], 'one two'], [['absent'], 'one two END three']];
  for (const [stop, text] of cases) {
    const [choice] = (await ask({ stop })).choices;
    assert.deepEqual([choice.message.content, choice.finish_reason], [text, 'stop']);
  }
});

test('a length limit cuts the answer and says so', async () => {
  await mock.always(answer('one two three four five six seven eight nine ten'));
  for (const limit of [{ max_tokens: 3 }, { max_completion_tokens: 3 }]) {
    const { choices: [choice], usage } = await ask(limit);
    assert.equal(choice.finish_reason, 'length');
    assert.match(choice.message.content, /^one(?!.*five)/);
    assert.equal(usage.completion_tokens, 3);
  }
});

test('a limit that is not reached changes nothing', async () => {
  await mock.always(answer('one two three'));
  const [choice] = (await ask({ max_completion_tokens: 100 })).choices;
  assert.deepEqual([choice.message.content, choice.finish_reason], ['one two three', 'stop']);
});

test('an answer that the model cut says so', async () => {
  await mock.always(answer('one two', { metadata: { inputToken: 1, outputToken: 2, finishReason: 'MAX_TOKENS' } }));
  assert.equal((await ask()).choices[0].finish_reason, 'length');
});

test('a label in front of an answer to a transcript is taken off', async () => {
  await mock.always(answer('Assistant: Hello'));
  const { choices } = await ask({ messages: [{ role: 'system', content: 'Be kind.' }, ...HI] });
  assert.equal(choices[0].message.content, 'Hello');
});
