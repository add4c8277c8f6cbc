/** Tools and schemas over chat completions: the SDK's own helpers run the tools and read the objects. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';

import { MODEL, answer, call, collect, connect, finishesOf, mock, prompts, startRelay, textOf } from './support.mjs';

const client = connect(await startRelay());

const City = z.object({ city: z.string() });
const Person = z.object({ name: z.string(), age: z.number().int() });
const ASK = [{ role: 'user', content: 'How is the weather in Paris?' }];
const PARIS = call('get_weather', { city: 'Paris' });
const OSLO = call('get_weather', { city: 'Oslo' });

/** A tool that notes the cities it was asked for. */
function weather(asked) {
  const get = ({ city }) => {
    asked.push(city);
    return { city, degrees: city.length };
  };
  return zodFunction({ name: 'get_weather', description: 'The weather of a city.', parameters: City, function: get });
}

for (const isStreaming of [false, true]) {
  test(`runTools runs two tools and hands back what they gave, ${isStreaming ? 'streamed' : 'whole'}`, async () => {
    await mock.script(answer(`Let me look.\n${PARIS}\n${OSLO}`), answer('Five, and four.'));
    const asked = [];
    const runner = client.chat.completions.runTools({
      model: MODEL, messages: ASK, tools: [weather(asked)], stream: isStreaming,
    });
    assert.equal(await runner.finalContent(), 'Five, and four.');
    assert.deepEqual(asked, ['Paris', 'Oslo']);
    const [first, second] = await prompts();
    assert.match(first, /The weather of a city\./);
    assert.match(second, /<tool_response[^>]*>\s*{"city":"Paris","degrees":5}\s*<\/tool_response>/);
    assert.match(second, /<tool_response[^>]*>\s*{"city":"Oslo","degrees":4}\s*<\/tool_response>/);
    assert.equal(await mock.calls(), 2);
  });
}

test('calls come streamed with an index and an id each', async () => {
  await mock.script(answer(`Let me look.\n${PARIS}\n${OSLO}`, { delta_chars: 1 }));
  const tools = [{ type: 'function', function: { name: 'get_weather', parameters: z.toJSONSchema(City) } }];
  const chunks = await collect(client.chat.completions.create({ model: MODEL, messages: ASK, tools, stream: true }));
  assert.equal(textOf(chunks), 'Let me look.');
  assert.deepEqual(finishesOf(chunks), ['tool_calls']);
  const calls = [];
  for (const { index, id, function: part } of chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])) {
    calls[index] ??= { ids: [], text: '' };
    if (id) calls[index].ids.push(id);
    calls[index].text += part?.arguments ?? '';
  }
  assert.deepEqual(calls.map(({ text }) => JSON.parse(text)), [{ city: 'Paris' }, { city: 'Oslo' }]);
  assert.deepEqual(calls.map(({ ids }) => ids.length), [1, 1]);
  assert.notEqual(calls[0].ids[0], calls[1].ids[0]);
});

test('parse gives an object of the schema, whatever stands around it', async () => {
  await mock.script(answer('Sure!\n```json\n{"name": "Ada", "age": 36}\n```\nAnything else?'));
  const completion = await client.chat.completions.parse({
    model: MODEL,
    messages: [{ role: 'user', content: 'Ada is 36.' }],
    response_format: zodResponseFormat(Person, 'person'),
  });
  assert.deepEqual(completion.choices[0].message.parsed, { name: 'Ada', age: 36 });
  const [prompt] = await prompts();
  assert.match(prompt, /Ada is 36\./);
  assert.match(prompt, /"age"/);
});

test('a streamed object parses as it comes and at its end', async () => {
  await mock.script(answer('```json\n{"name": "Ada", "age": 36}\n```', { delta_chars: 1 }));
  const stream = client.chat.completions.stream({
    model: MODEL,
    messages: [{ role: 'user', content: 'Ada is 36.' }],
    response_format: zodResponseFormat(Person, 'person'),
  });
  const completion = await stream.finalChatCompletion();
  assert.equal(completion.choices[0].message.content, '{"name": "Ada", "age": 36}');
  assert.deepEqual(completion.choices[0].message.parsed, { name: 'Ada', age: 36 });
  assert.equal(await mock.calls(), 1);
});

test('what does not fit the schema is asked for once more', async () => {
  await mock.script(answer('{"name": "Ada"}'), answer('{"name": "Ada", "age": 36}'));
  const completion = await client.chat.completions.parse({
    model: MODEL,
    messages: [{ role: 'user', content: 'Ada is 36.' }],
    response_format: zodResponseFormat(Person, 'person'),
  });
  assert.deepEqual(completion.choices[0].message.parsed, { name: 'Ada', age: 36 });
  assert.equal(await mock.calls(), 2);
});
