/** The Responses API by the official SDK. */

import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';

import { MODEL, answer, call, collect, connect, mock, prompts, raised, refusal, startRelay } from './support.mjs';

const client = connect(await startRelay());
const TOOL = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
};

test('a whole answer has text and usage', async () => {
  await mock.script(answer('Hello 🙂'));
  const response = await client.responses.create({ model: MODEL, input: 'Say hello.' });
  assert.deepEqual([response.status, response.output_text], ['completed', 'Hello 🙂']);
  assert.deepEqual([response.usage.input_tokens, response.usage.output_tokens], [98, 3]);
  assert.deepEqual(await prompts(), ['Say hello.']);
});

test('a stream tells its text and ends with the whole', async () => {
  await mock.script(answer('Hello 🙂 world', { delta_chars: 1 }));
  const events = await collect(client.responses.create({ model: MODEL, input: 'Say hello.', stream: true }));
  const text = events.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta).join('');
  assert.equal(text, 'Hello 🙂 world');
  assert.equal(events[0].type, 'response.created');
  assert.equal(events.at(-1).type, 'response.completed');
  assert.deepEqual(events.map(({ sequence_number: number }) => number), events.map((_, index) => index));
  assert.equal(await mock.calls(), 1);
});

test('the stream helper gives the final response', async () => {
  await mock.script(answer('Hello'));
  const stream = client.responses.stream({ model: MODEL, input: 'Say hello.' });
  assert.equal((await stream.finalResponse()).output_text, 'Hello');
});

test('a response is kept, goes on from there, and can be removed', async () => {
  await mock.script(answer('I am Ada.'), answer('Ada, as I said.'));
  const first = await client.responses.create({ model: MODEL, input: 'Who are you?', instructions: 'Be terse.' });
  assert.equal((await client.responses.retrieve(first.id)).output_text, 'I am Ada.');
  const second = await client.responses.create({
    model: MODEL, input: 'Who?', previous_response_id: first.id,
  });
  assert.equal(second.output_text, 'Ada, as I said.');
  assert.equal(second.previous_response_id, first.id);
  const [, prompt] = await prompts();
  assert.match(prompt, /Who are you\?[^]*I am Ada\.[^]*Who\?/);
  assert.doesNotMatch(prompt, /Be terse/);
  await client.responses.delete(first.id);
  await raised(OpenAI.NotFoundError, client.responses.retrieve(first.id));
  assert.equal(await mock.calls(), 2);
});

for (const isStreaming of [false, true]) {
  test(`a tool is called and its output goes back, ${isStreaming ? 'streamed' : 'whole'}`, async () => {
    await mock.script(answer(`Let me look.\n${call('get_weather', { city: 'Paris' })}`), answer('Twenty.'));
    const ask = async (fields) => {
      const request = { model: MODEL, tools: [TOOL], store: false, ...fields };
      if (!isStreaming) return client.responses.create(request);
      const events = await collect(client.responses.create({ ...request, stream: true }));
      return events.at(-1).response;
    };
    const input = [{ role: 'user', content: 'How is the weather in Paris?' }];
    const first = await ask({ input });
    const made = first.output.find(({ type }) => type === 'function_call');
    assert.deepEqual([made.name, JSON.parse(made.arguments)], ['get_weather', { city: 'Paris' }]);
    const output = { type: 'function_call_output', call_id: made.call_id, output: '20 degrees' };
    const second = await ask({ input: [...input, ...first.output, output] });
    const text = second.output.flatMap(({ content }) => content ?? []).map((part) => part.text).join('');
    assert.equal(text, 'Twenty.');
    const [, prompt] = await prompts();
    assert.match(prompt, /<tool_response[^>]*>\s*20 degrees\s*<\/tool_response>/);
  });
}

test('parse gives an object of the schema', async () => {
  await mock.script(answer('Sure!\n```json\n{"name": "Ada", "age": 36}\n```'));
  const response = await client.responses.parse({
    model: MODEL,
    input: 'Ada is 36.',
    text: { format: zodTextFormat(z.object({ name: z.string(), age: z.number().int() }), 'person') },
  });
  assert.deepEqual(response.output_parsed, { name: 'Ada', age: 36 });
});

test('a refused key is raised by its class after one call', async () => {
  await mock.always(refusal(401, { message: 'Bad token' }));
  await raised(OpenAI.AuthenticationError, client.responses.create({ model: MODEL, input: 'Say hello.' }));
  await raised(OpenAI.AuthenticationError, client.responses.create({ model: MODEL, input: 'Say hello.', stream: true }));
  assert.equal(await mock.calls(), 2);
});
