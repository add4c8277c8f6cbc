/** What a request becomes at 1min.ai, and what is let pass or refused on the way. */

import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI from 'openai';

import { HI, MODEL, answer, collect, connect, mock, raised, startRelay } from './support.mjs';

const client = connect(await startRelay());
const ask = (fields = {}) => client.chat.completions.create({ model: MODEL, messages: HI, ...fields });

const TOOL = { type: 'function', function: { name: 'add', parameters: { type: 'object', properties: {} } } };
const OTHER_TOOL = { type: 'function', function: { name: 'other' } };
const SOUND = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } };

test('a lone user message reaches 1min verbatim', async () => {
  await mock.always(answer());
  const prompt = 'Say ok.\n[System] not a marker 🙂';
  await ask({ messages: [{ role: 'user', content: prompt }] });
  const [call] = await mock.received();
  assert.equal(call.path, '/api/chat-with-ai');
  assert.deepEqual(call.body, { type: 'UNIFY_CHAT_WITH_AI', model: MODEL, promptObject: { prompt } });
});

test('a streamed request is streamed at 1min', async () => {
  await mock.always(answer());
  await collect(ask({ model: 'o3-mini', stream: true }));
  const [call] = await mock.received();
  assert.deepEqual([call.path, call.body.model], ['/api/chat-with-ai?isStreaming=true', 'o3-mini']);
});

test('roles become a transcript in their order', async () => {
  await mock.always(answer());
  const parts = [{ type: 'text', text: 'one' }, { type: 'text', text: 'two' }];
  await ask({
    messages: [
      { role: 'system', content: 'Be terse.' },
      { role: 'developer', content: 'Be kind.' },
      { role: 'user', name: 'ann', content: parts },
      { role: 'assistant', content: 'ok' },
      { role: 'user', content: 'go on' },
    ],
  });
  const turns = [
    '[System]\nBe terse.',
    '[System]\nBe kind.',
    '[User: ann]\none\ntwo',
    '[Assistant]\nok',
    '[User]\ngo on',
    '[Reply]\n',
  ];
  const [{ body: { promptObject: { prompt } } }] = await mock.received();
  assert.ok(prompt.startsWith(turns.join('\n\n')), prompt);
});

test('a history of tool calls is told to the model', async () => {
  await mock.always(answer());
  const call = { id: 'call_1', type: 'function', function: { name: 'multiply', arguments: '{"a":6,"b":7}' } };
  await ask({
    messages: [
      { role: 'user', content: '6 times 7?' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: '42' },
    ],
  });
  const [{ body: { promptObject: { prompt } } }] = await mock.received();
  const called = '[Assistant]\n<tool_call>{"name":"multiply","arguments":{"a":6,"b":7}}</tool_call>\n\n';
  const result = '[Tool]\n<tool_response name="multiply" id="call_1">\n42\n</tool_response>\n\n';
  assert.ok(prompt.includes(called + result), prompt);
});

test('an answer can be sent back as the SDK gave it', async () => {
  await mock.always(answer('Hello there'));
  const { message } = (await ask()).choices[0];
  await ask({ messages: [...HI, message, { role: 'user', content: 'Again.' }] });
  const [, { body: { promptObject: { prompt } } }] = await mock.received();
  assert.match(prompt, /^\[User\]\nSay hello\.\n\n\[Assistant\]\nHello there\n\n\[User\]\nAgain\.\n\n/);
});

test('web search is asked for at 1min', async () => {
  await mock.always(answer());
  await ask({ web_search_options: {} });
  const [{ body }] = await mock.received();
  assert.equal(body.promptObject.settings.webSearchSettings.webSearch, true);
});

test('fields that make no difference are let pass', async () => {
  await mock.always(answer());
  const completion = await ask({
    temperature: 0.2,
    top_p: 0.9,
    seed: 7,
    user: 'ann',
    metadata: { a: 'b' },
    store: true,
    logit_bias: { 50256: -100 },
    parallel_tool_calls: false,
    reasoning_effort: 'low',
    service_tier: 'auto',
    response_format: { type: 'text' },
    tools: [TOOL],
    tool_choice: 'none',
    top_k: 40,
    options: { num_ctx: 8192 },
    chat_template_kwargs: null,
  });
  assert.equal(completion.choices[0].message.content, 'ok');
  assert.equal((await mock.received())[0].body.promptObject.prompt, 'Say hello.');
});

const REFUSED = [
  [{ tools: [TOOL], tool_choice: OTHER_TOOL }, 'invalid_value', 'tool_choice'],
  [{ functions: [TOOL.function], function_call: { name: 'other' } }, 'invalid_value', 'function_call'],
  [{ response_format: { type: 'xml' } }, 'invalid_value', 'response_format.type'],
  [{ modalities: ['text', 'audio'] }, 'unsupported_value', 'modalities'],
  [{ n: 5 }, 'unsupported_value', 'n'],
  [{ n: 0 }, 'invalid_value', 'n'],
  [{ model: '' }, 'missing_required_parameter', 'model'],
  [{ messages: [] }, 'missing_required_parameter', 'messages'],
  [{ messages: [{ role: 'user', content: '  ' }] }, 'invalid_value', 'messages'],
  [{ messages: [{ role: 'bard', content: 'x' }] }, 'invalid_value', 'messages[0].role'],
  [{ messages: [{ role: 'user', content: [SOUND] }] }, 'unsupported_value', 'messages[0].content[0].type'],
  [{ temperature: 'hot' }, 'invalid_value', 'temperature'],
];

for (const [fields, code, param] of REFUSED) {
  test(`${param} is refused as ${code} and costs nothing`, async () => {
    await mock.always(answer());
    for (const stream of [false, true]) {
      const caught = await raised(OpenAI.BadRequestError, ask({ ...fields, stream }));
      assert.deepEqual([caught.type, caught.code, caught.param], ['invalid_request_error', code, param]);
      assert.equal(caught.headers.get('x-should-retry'), 'false');
    }
    assert.equal(await mock.calls(), 0);
  });
}

test('a route that is not there is named', async () => {
  const caught = await raised(OpenAI.NotFoundError, client.batches.list());
  assert.equal(caught.code, 'unknown_url');
  assert.match(caught.message, /GET \/v1\/batches/);
  assert.equal(await mock.calls(), 0);
});
