/** LangChain's chat model for the OpenAI API, which LibreChat and n8n are built upon. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';

import { CLIENT_KEY, MODEL, answer, call, mock, prompts, startRelay } from './support.mjs';

const relay = await startRelay();
const chat = (fields = {}) => new ChatOpenAI({ model: MODEL, apiKey: CLIENT_KEY, configuration: { baseURL: relay }, ...fields });

const weather = tool(({ city }) => `20 degrees in ${city}`, {
  name: 'get_weather', description: 'The weather of a city.', schema: z.object({ city: z.string() }),
});
const Person = z.object({ name: z.string(), age: z.number().int() });
const ASK = new HumanMessage('How is the weather in Paris?');

for (const useResponsesApi of [false, true]) {
  const kind = useResponsesApi ? 'responses' : 'chat';

  test(`${kind}: a text, whole and streamed`, async () => {
    await mock.always(answer('Hello 🙂', { delta_chars: 1 }));
    const model = chat({ useResponsesApi });
    assert.equal((await model.invoke('Say hello.')).text, 'Hello 🙂');
    let text = '';
    for await (const chunk of await model.stream('Say hello.')) text += chunk.text;
    assert.equal(text, 'Hello 🙂');
    assert.equal(await mock.calls(), 2);
  });

  test(`${kind}: a bound tool is called, and its result answered`, async () => {
    await mock.script(answer(`Let me look.\n${call('get_weather', { city: 'Paris' })}`), answer('20 degrees.'));
    const model = chat({ useResponsesApi }).bindTools([weather]);
    const turn = await model.invoke([ASK]);
    const [made] = turn.tool_calls;
    assert.deepEqual([made.name, made.args], ['get_weather', { city: 'Paris' }]);
    const result = await weather.invoke(made);
    assert.ok(result instanceof ToolMessage);
    assert.equal((await model.invoke([ASK, turn, result])).text, '20 degrees.');
    const [, second] = await prompts();
    assert.match(second, /<tool_response[^>]*>\s*20 degrees in Paris\s*<\/tool_response>/);
  });

  test(`${kind}: a bound tool is called in a stream`, async () => {
    await mock.script(answer(call('get_weather', { city: 'Paris' }), { delta_chars: 1 }));
    let whole;
    for await (const chunk of await chat({ useResponsesApi }).bindTools([weather]).stream([ASK])) {
      whole = whole ? whole.concat(chunk) : chunk;
    }
    assert.deepEqual(whole.tool_calls.map(({ name, args }) => [name, args]), [['get_weather', { city: 'Paris' }]]);
    assert.equal(await mock.calls(), 1);
  });

  test(`${kind}: an object by schema and by tool`, async () => {
    const model = chat({ useResponsesApi });
    await mock.script(
      answer('```json\n{"name": "Ada", "age": 36}\n```'),
      answer(call('extract', { name: 'Ada', age: 36 })),
    );
    const bySchema = model.withStructuredOutput(Person, { name: 'extract', method: 'jsonSchema' });
    assert.deepEqual(await bySchema.invoke('Ada is 36.'), { name: 'Ada', age: 36 });
    const byTool = model.withStructuredOutput(Person, { name: 'extract', method: 'functionCalling' });
    assert.deepEqual(await byTool.invoke('Ada is 36.'), { name: 'Ada', age: 36 });
    assert.equal(await mock.calls(), 2);
  });
}
