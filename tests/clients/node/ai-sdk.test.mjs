/** Vercel's AI SDK: its provider for compatible servers (chat), and the one for OpenAI (Responses). */

import assert from 'node:assert/strict';
import test from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, Output, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';

import { CLIENT_KEY, MODEL, answer, call, mock, prompts, refusal, startRelay } from './support.mjs';

globalThis.AI_SDK_LOG_WARNINGS = false;

const relay = await startRelay();
const compatible = { name: 'relay', baseURL: relay, apiKey: CLIENT_KEY };
const openai = createOpenAI({ baseURL: relay, apiKey: CLIENT_KEY });

/** The models an app may have made. */
const MODELS = {
  'compatible chat': createOpenAICompatible(compatible)(MODEL),
  'compatible chat with schemas': createOpenAICompatible({ ...compatible, supportsStructuredOutputs: true })(MODEL),
  'openai chat': openai.chat(MODEL),
  'openai responses': openai(MODEL),
};

/** Tools with a weather that notes the cities it was asked for. */
const tools = (asked) => ({
  get_weather: tool({
    description: 'The weather of a city.',
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      asked.push(city);
      return { degrees: 20 };
    },
  }),
});

const PARIS = call('get_weather', { city: 'Paris' });
const Person = z.object({ name: z.string(), age: z.number().int() });

for (const [name, model] of Object.entries(MODELS)) {
  test(`${name}: a text and its usage`, async () => {
    await mock.script(answer('Hello 🙂'));
    const { text, usage, finishReason } = await generateText({ model, prompt: 'Say hello.' });
    assert.deepEqual([text, finishReason], ['Hello 🙂', 'stop']);
    assert.deepEqual([usage.inputTokens, usage.outputTokens], [98, 3]);
    assert.deepEqual(await prompts(), ['Say hello.']);
  });

  test(`${name}: a tool is run, and its result answered`, async () => {
    await mock.script(answer(`Let me look.\n${PARIS}`), answer('20 degrees.'));
    const asked = [];
    const { text, steps } = await generateText({
      model, prompt: 'How is the weather in Paris?', tools: tools(asked), stopWhen: stepCountIs(5),
    });
    assert.deepEqual([text, asked, steps.length], ['20 degrees.', ['Paris'], 2]);
    assert.equal(steps[0].finishReason, 'tool-calls');
    const [, second] = await prompts();
    assert.match(second, /<tool_response[^>]*>\s*{"degrees":20}\s*<\/tool_response>/);
    assert.equal(await mock.calls(), 2);
  });

  test(`${name}: a tool is run in a stream, and its result answered`, async () => {
    await mock.script(answer(`Let me look.\n${PARIS}`, { delta_chars: 1 }), answer('20 degrees.', { delta_chars: 1 }));
    const asked = [];
    const errors = [];
    const result = streamText({
      model, prompt: 'How is the weather in Paris?', tools: tools(asked), stopWhen: stepCountIs(5),
      onError: ({ error }) => errors.push(error),
    });
    let text = '';
    for await (const part of result.textStream) text += part;
    assert.deepEqual(errors, []);
    assert.equal(text, 'Let me look.20 degrees.');
    assert.deepEqual(asked, ['Paris']);
    assert.equal(await mock.calls(), 2);
  });

  test(`${name}: an object of a schema`, async () => {
    await mock.script(answer('Sure!\n```json\n{"name": "Ada", "age": 36}\n```'));
    const output = Output.object({ schema: Person });
    const { output: person } = await generateText({ model, output, prompt: 'Ada is 36.' });
    assert.deepEqual(person, { name: 'Ada', age: 36 });
    assert.equal(await mock.calls(), 1);
  });

  test(`${name}: a refused key is told after one call`, async () => {
    await mock.always(refusal(401, { message: 'Bad token' }));
    await assert.rejects(generateText({ model, prompt: 'Say hello.' }), (error) => {
      assert.ok(APICallError.isInstance(error), String(error));
      assert.equal(error.statusCode, 401);
      assert.match(error.message, /1min\.ai refused the key/);
      return true;
    });
    assert.equal(await mock.calls(), 1);
  });
}
