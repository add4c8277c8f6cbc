/** Failures of 1min.ai before anything was answered: the SDK's exception, and how often 1min.ai was asked. */

import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI from 'openai';

import {
  HI, MODEL, answer, collect, connect, content, error, mock, raised, refusal, silent, startRelay, stream, textOf,
} from './support.mjs';

const [relay, narrowRelay, impatientRelay, strandedRelay] = await Promise.all([
  startRelay(),
  startRelay({ settings: ['body_max_mb=1'] }),
  startRelay({ settings: ['first_byte_timeout=1', 'idle_timeout=1'] }),
  // Nobody listens there, and the system gives the port to nobody.
  startRelay({ upstream: 'http://127.0.0.1:1' }),
]);
const client = connect(relay);
const ask = (fields = {}) => client.chat.completions.create({ model: MODEL, messages: HI, ...fields });

const AT_ONCE = { 'retry-after': '0' };
const UNAVAILABLE = refusal(503, { message: 'Down for repairs' }, AT_ONCE);
const RATE_LIMITED = refusal(429, { errorCode: 'RATE_LIMITED', message: 'Slow down' }, AT_ONCE);
const documented = (code, message) => ({ success: false, error: { code, message } });

/** Fails unless the exception tells what happened, in OpenAI's envelope, and can be reported by its id. */
function check(caught, { status, type = 'invalid_request_error', code, param = null, words }) {
  assert.equal(caught.status, status);
  assert.deepEqual([caught.type, caught.code, caught.param], [type, code, param]);
  assert.deepEqual(Object.keys(caught.error).sort(), ['code', 'message', 'param', 'type']);
  assert.ok(caught.error.message.includes(words), caught.error.message);
  assert.match(caught.requestID, /^req_/);
  assert.match(caught.headers.get('openai-processing-ms'), /^\d+$/);
  assert.equal(caught.headers.get('openai-version'), '2020-10-01');
}

const failed = { raises: OpenAI.InternalServerError, status: 502, type: 'server_error', code: 'upstream_error' };
const unpaid = { raises: OpenAI.RateLimitError, status: 429, type: 'insufficient_quota', code: 'insufficient_quota' };

/** What asking again can't change, and what may have been billed. */
const FINAL = {
  'a refused key': {
    turn: refusal(401, { errorCode: 'UNAUTHORIZED', message: 'Bad token' }),
    expected: { raises: OpenAI.AuthenticationError, status: 401, code: 'invalid_api_key', words: 'Bad token' },
  },
  'a forbidden feature': {
    turn: refusal(403, { message: 'Not for you' }),
    expected: { raises: OpenAI.PermissionDeniedError, status: 403, code: 'upstream_forbidden', words: 'Not for you' },
  },
  'an unknown model': {
    turn: refusal(400, documented('UNSUPPORTED_MODEL', 'No nope here')),
    expected: {
      raises: OpenAI.NotFoundError, status: 404, code: 'model_not_found', param: 'model', words: 'No nope here',
    },
  },
  'a refused request': {
    turn: refusal(400, documented('VALIDATION_ERROR', 'That is odd')),
    expected: { raises: OpenAI.BadRequestError, status: 400, code: null, words: 'That is odd' },
  },
  'a prompt that is too long': {
    turn: refusal(400, { message: "This model's maximum context length is 8192 tokens" }),
    expected: {
      raises: OpenAI.BadRequestError, status: 400, code: 'context_length_exceeded', param: 'messages', words: '8192',
    },
  },
  'a prompt against the policy': {
    turn: refusal(400, { message: 'Rejected by the safety system' }),
    expected: { raises: OpenAI.BadRequestError, status: 400, code: 'content_policy_violation', words: 'safety system' },
  },
  'an account without credits, by status': {
    turn: refusal(402, { message: 'Pay first' }),
    expected: { ...unpaid, words: 'Pay first' },
  },
  'an account without credits, by words': {
    turn: refusal(429, documented('LIMIT', 'Not enough credits')),
    expected: { ...unpaid, words: 'Not enough credits' },
  },
  'a connection cut before the headers': {
    turn: { reply: { before_headers: ['cut'] } },
    expected: { ...failed, words: 'cut off' },
  },
  'a connection cut in the body': {
    turn: { reply: { body: [{ send: '{"aiRecord": {' }, 'cut'] } },
    expected: { ...failed, words: 'may have been billed' },
  },
};
for (const status of [500, 502, 504, 520, 524]) {
  FINAL[`status ${status}`] = {
    turn: refusal(status, { message: 'It broke' }, AT_ONCE),
    expected: { ...failed, words: 'It broke' },
  };
}

for (const [name, { turn, expected }] of Object.entries(FINAL)) {
  for (const isStreaming of [false, true]) {
    test(`${name} is raised by its class after one call, ${isStreaming ? 'streamed' : 'whole'}`, async () => {
      await mock.always(turn);
      const caught = await raised(expected.raises, ask({ stream: isStreaming }));
      check(caught, expected);
      assert.equal(caught.headers.get('x-should-retry'), 'false');
      assert.equal(await mock.calls(), 1);
    });
  }
}

/** What the relay itself refuses. */
const OWN = {
  'a foreign page': {
    ask: (narrow) => narrow.models.list({ headers: { origin: 'https://page.example' } }),
    expected: { raises: OpenAI.PermissionDeniedError, status: 403, code: 'origin_not_allowed', words: 'page' },
  },
  'an unknown model': {
    ask: (narrow) => narrow.models.retrieve('openai/no such:model'),
    expected: {
      raises: OpenAI.NotFoundError,
      status: 404,
      code: 'model_not_found',
      param: 'model',
      words: '`openai/no such:model`',
    },
  },
  'a wrong method': {
    ask: (narrow) => narrow.put('/models'),
    expected: { raises: OpenAI.APIError, status: 405, code: 'method_not_allowed', words: 'PUT' },
  },
  'a body that is too large': {
    ask: (narrow) => {
      const messages = [{ role: 'user', content: 'x'.repeat(1 << 20) }];
      return narrow.chat.completions.create({ model: MODEL, messages });
    },
    expected: { raises: OpenAI.APIError, status: 413, code: 'request_too_large', words: '1 MiB' },
  },
};

for (const [name, { ask: askNarrow, expected }] of Object.entries(OWN)) {
  test(`${name} is raised by its class and costs nothing`, async () => {
    const caught = await raised(expected.raises, askNarrow(connect(narrowRelay)));
    check(caught, expected);
    assert.equal(caught.headers.get('x-should-retry'), 'false');
    assert.equal(await mock.calls(), 0);
  });
}

for (const isStreaming of [false, true]) {
  test(`silence is a timeout after one call, ${isStreaming ? 'streamed' : 'whole'}`, async () => {
    await mock.always(silent());
    const request = { model: MODEL, messages: HI, stream: isStreaming };
    const caught = await raised(
      OpenAI.InternalServerError,
      connect(impatientRelay).chat.completions.create(request),
    );
    const words = '1min.ai sent no answer within 1 s';
    check(caught, { status: 504, type: 'server_error', code: 'upstream_timeout', words });
    assert.equal(caught.headers.get('x-should-retry'), 'false');
    assert.equal(await mock.calls(), 1);
    await mock.waitForCancelled(1);
  });
}

const REFUSED_STREAMS = [
  ['an unknown model', [error('Model nope is not supported')], OpenAI.NotFoundError, 404, 'model_not_found'],
  ['an empty account', [error('You have run out of credits')], OpenAI.RateLimitError, 429, 'insufficient_quota'],
  ['a passing trouble', [error('The model is overloaded')], OpenAI.InternalServerError, 502, 'upstream_error'],
  ['a cut', ['cut'], OpenAI.InternalServerError, 502, 'upstream_error'],
  ['an empty body', [], OpenAI.InternalServerError, 502, 'upstream_error'],
];

for (const [name, steps, kind, status, code] of REFUSED_STREAMS) {
  test(`a stream refused at its start by ${name} is an HTTP error`, async () => {
    await mock.always(stream(...steps));
    const caught = await raised(kind, ask({ stream: true }));
    assert.deepEqual([caught.status, caught.code], [status, code]);
    assert.equal(caught.headers.get('content-type'), 'application/json');
    assert.equal(await mock.calls(), 1);
  });
}

test('one refused choice refuses all', async () => {
  await mock.script(stream(content('text'), 'hang'), stream(error('Model nope is not supported')));
  await assert.rejects(collect(ask({ n: 2, stream: true })), { code: 'model_not_found' });
  await mock.waitFor({ open: 0, finished: 1, cancelled: 1 });
});

const NOT_CARRIED_OUT = [
  ['unavailable', UNAVAILABLE, OpenAI.InternalServerError, 'service_unavailable', 'server_error'],
  ['rate limited', RATE_LIMITED, OpenAI.RateLimitError, 'rate_limit_exceeded', 'requests'],
];

for (const [name, turn, kind, code, type] of NOT_CARRIED_OUT) {
  test(`${name}: 1min is asked twice for each try of the client`, async () => {
    await mock.always(turn);
    const caught = await raised(kind, ask());
    assert.deepEqual([caught.code, caught.type], [code, type]);
    assert.equal(caught.headers.get('retry-after'), '0');
    assert.equal(caught.headers.get('x-should-retry'), null);
    assert.equal(await mock.calls(), 6);
  });
}

const RECOVERING = {
  429: RATE_LIMITED,
  503: UNAVAILABLE,
  521: refusal(521, {}, AT_ONCE),
  522: refusal(522, {}, AT_ONCE),
};

for (const [status, turn] of Object.entries(RECOVERING)) {
  test(`the relay recovers from ${status} before a client that never retries notices`, async () => {
    const impatient = connect(relay, { maxRetries: 0 });
    const request = { model: MODEL, messages: HI };
    await mock.script(turn, answer('whole'), turn, answer('streamed'));
    const whole = await impatient.chat.completions.create(request);
    assert.equal(whole.choices[0].message.content, 'whole');
    const chunks = await collect(impatient.chat.completions.create({ ...request, stream: true }));
    assert.equal(textOf(chunks), 'streamed');
    assert.equal(await mock.calls(), 4);
  });
}

test('the client recovers where the relay gave up', async () => {
  await mock.script(UNAVAILABLE, UNAVAILABLE, answer('recovered'));
  assert.equal((await ask()).choices[0].message.content, 'recovered');
  assert.equal(await mock.calls(), 3);
});

test('an unreachable 1min may be tried again', async () => {
  const request = { model: MODEL, messages: HI };
  const stranded = connect(strandedRelay, { maxRetries: 0 });
  const caught = await raised(OpenAI.InternalServerError, stranded.chat.completions.create(request));
  assert.deepEqual([caught.status, caught.code], [502, 'upstream_error']);
  assert.match(caught.message, /can't be reached/);
  assert.equal(caught.headers.get('x-should-retry'), null);
});
