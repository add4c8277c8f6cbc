/** A client that leaves: its call at 1min.ai is cancelled within a second, whatever the client was waiting for. */

import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI from 'openai';

import {
  HI, MODEL, collect, connect, content, done, nextText, mock, raised, silent, startRelay, stream, textOf,
} from './support.mjs';

const relay = await startRelay();
const client = connect(relay);
const request = { model: MODEL, messages: HI };

test('leaving the loop over a stream cancels the call', async () => {
  await mock.always(stream(content('Hello'), 'hang'));
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
    if (textOf([chunk]) === 'Hello') break;
  }
  await mock.waitForCancelled(1);
});

test('aborting a stream by its controller cancels the call', async () => {
  await mock.always(stream(content('Hello'), 'hang'));
  const chunks = await client.chat.completions.create({ ...request, stream: true });
  assert.equal(await nextText(chunks[Symbol.asyncIterator]()), 'Hello');
  chunks.controller.abort();
  await mock.waitForCancelled(1);
});

test('aborting the stream helper cancels the call', async () => {
  await mock.always(stream(content('Hello'), 'hang'));
  const helper = client.chat.completions.stream(request);
  helper.on('content', () => helper.abort());
  await assert.rejects(helper.done(), OpenAI.APIUserAbortError);
  await mock.waitForCancelled(1);
});

test('leaving a stream of several choices cancels every call', async () => {
  await mock.always(stream(content('Hello'), 'hang'));
  const chunks = await client.chat.completions.create({ ...request, stream: true, n: 3 });
  await chunks[Symbol.asyncIterator]().next();
  await mock.waitForOpen(3);
  chunks.controller.abort();
  await mock.waitForCancelled(3);
});

for (const isStreaming of [false, true]) {
  const kind = isStreaming ? 'streamed' : 'whole';

  test(`aborting a request before its answer cancels the call, ${kind}`, async () => {
    await mock.always(silent());
    const aborter = new AbortController();
    const promise = client.chat.completions.create({ ...request, stream: isStreaming }, { signal: aborter.signal });
    const rejection = raised(OpenAI.APIUserAbortError, promise);
    await mock.waitForOpen(1);
    aborter.abort();
    await rejection;
    await mock.waitForCancelled(1);
  });

  test(`a client that runs out of patience cancels the call, ${kind}`, async () => {
    await mock.always(silent());
    const hurried = { timeout: 1_000, maxRetries: 0 };
    const promise = client.chat.completions.create({ ...request, stream: isStreaming }, hurried);
    await raised(OpenAI.APIConnectionTimeoutError, promise);
    await mock.waitForCancelled(1);
  });
}

test('one client that leaves does not end the call of another', async () => {
  const ask = () => client.chat.completions.create({ ...request, stream: true });
  await mock.script(
    stream(content('one'), 'hang'),
    stream(content('two'), 'gate', content(' three'), done()),
  );
  const leaving = await ask();
  const staying = (await ask())[Symbol.asyncIterator]();
  assert.equal(await nextText(staying), 'two');
  leaving.controller.abort();
  await mock.waitFor({ open: 1, finished: 0, cancelled: 1 });
  await mock.openGate();
  assert.equal(textOf(await collect(staying)), ' three');
});
