/** The list of models, and which key pays. */

import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI from 'openai';

import { CLIENT_KEY, HI, MODEL, STORED_KEY, answer, collect, connect, mock, raised, startRelay } from './support.mjs';

const [relay, keylessRelay] = await Promise.all([startRelay(), startRelay({ key: null })]);
const request = { model: MODEL, messages: HI };

test('models are listed with what the SDK reads', async () => {
  const page = await connect(relay).models.list();
  assert.equal(page.object, 'list');
  const models = await collect(page);
  assert.ok(models.some((model) => model.id === MODEL));
  assert.equal(new Set(models.map((model) => model.id)).size, models.length);
  for (const model of models) {
    assert.equal(model.object, 'model');
    assert.ok(model.id);
    assert.ok(model.owned_by);
    assert.ok(Number.isInteger(model.created));
  }
  assert.equal(await mock.calls(), 0);
});

test('one model is retrieved by its id also where it has a slash', async () => {
  const client = connect(relay);
  const listed = await collect(client.models.list());
  const slashed = listed.filter((model) => model.id.includes('/'));
  assert.ok(slashed.length > 0);
  for (const model of [...slashed, listed.find(({ id }) => id === MODEL)]) {
    assert.deepEqual(await client.models.retrieve(model.id), model);
  }
  assert.equal(await mock.calls(), 0);
});

test('a list of models has the headers that support asks for', async () => {
  const { response, request_id } = await connect(relay).models.list().withResponse();
  assert.match(request_id, /^req_/);
  assert.equal(response.headers.get('x-request-id'), request_id);
  assert.match(response.headers.get('openai-processing-ms'), /^\d+$/);
  assert.equal(response.headers.get('openai-version'), '2020-10-01');
});

test("the stored key pays and the client's key stays here", async () => {
  await mock.always(answer());
  const client = connect(relay);
  await client.chat.completions.create(request);
  await collect(client.chat.completions.create({ ...request, stream: true }));
  const received = await mock.received();
  assert.equal(received.length, 2);
  for (const call of received) {
    assert.equal(call.headers['api-key'], STORED_KEY);
    assert.ok(!('authorization' in call.headers));
    assert.ok(!JSON.stringify(call).includes(CLIENT_KEY));
  }
});

test('without a stored key each client pays with its own', async () => {
  await mock.always(answer());
  for (const apiKey of ['the-key-of-ann', 'the-key-of-bob']) {
    const client = connect(keylessRelay, { apiKey });
    await client.chat.completions.create(request);
    await collect(client.chat.completions.create({ ...request, stream: true }));
  }
  const received = await mock.received();
  const paid = received.map((call) => call.headers['api-key']);
  assert.deepEqual(paid, ['the-key-of-ann', 'the-key-of-ann', 'the-key-of-bob', 'the-key-of-bob']);
  assert.ok(received.every((call) => !('authorization' in call.headers)));
});

test('without any key nothing is sent', async () => {
  const client = connect(keylessRelay);
  const promise = client.chat.completions.create(request, { headers: { authorization: null } });
  const caught = await raised(OpenAI.AuthenticationError, promise);
  assert.deepEqual([caught.status, caught.code], [401, 'invalid_api_key']);
  assert.match(caught.message, /ONE_MIN_API_KEY/);
  assert.equal(caught.headers.get('www-authenticate'), 'Bearer');
  assert.equal(await mock.calls(), 0);
});

test("no header of the client's reaches 1min", async () => {
  await mock.always(answer());
  await connect(relay).chat.completions.create(request, { headers: { 'x-secret': 'x' } });
  const [{ headers }] = await mock.received();
  assert.match(headers['user-agent'], /^1min-relay\//);
  assert.deepEqual(Object.keys(headers).filter((name) => name.startsWith('x-')), []);
});
