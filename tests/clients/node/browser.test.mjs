// A real browser: what a page on another origin can do to a relay that has a key, and what an allowed page can.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { answer, mock, startRelay } from './support.mjs';

// Names that a page could be served under; all of them lead to this machine.
const RESOLVE = '--host-resolver-rules=MAP *.example 127.0.0.1';

/** A server of empty pages, whatever name they are asked for by. */
const pages = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<title>x</title>'));
await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));
const { port } = pages.address();
const ALLOWED = `http://chat.example:${port}`;

const relay = await startRelay({ settings: [`allowed_origins=${ALLOWED}`] });
let browser;

before(async () => {
  const executablePath = process.env.BROWSER_BIN;
  assert.ok(executablePath, 'BROWSER_BIN names no browser: run this by `npm test clients`');
  const args = [RESOLVE, '--no-sandbox', '--no-proxy-server'];
  browser = await chromium.launch({ executablePath: await whole(executablePath), args });
});
after(async () => {
  await browser?.close();
  pages.close();
});

/** The path of a command, which playwright does not look for by itself. */
async function whole(command) {
  const { execFileSync } = await import('node:child_process');
  return execFileSync('which', [command], { encoding: 'utf8' }).trim();
}

/** Runs `script` in a page that was loaded from `origin`. */
async function inPage(origin, script, argument) {
  const page = await browser.newPage();
  try {
    await page.goto(origin);
    return await page.evaluate(script, argument);
  } finally {
    await page.close();
  }
}

const question = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'x' }] });

/** What `fetch` comes to in the page: a status and a text, or the name of an error. */
const fetched = async ([url, options]) => {
  try {
    const response = await fetch(url, options);
    return { type: response.type, status: response.status, text: await response.text() };
  } catch (error) {
    return { error: error.name };
  }
};

const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: question };
const ATTACKS = {
  'reads the models': ['/models', {}],
  'asks as SDKs do, which needs a preflight': ['/chat/completions', json],
  'asks with a key it made up': ['/chat/completions', { ...json, headers: { ...json.headers, authorization: 'Bearer x' } }],
  'asks as a form would, which needs none': ['/chat/completions', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: question }],
  'asks without wanting to read': ['/chat/completions', { method: 'POST', mode: 'no-cors', body: question }],
};

for (const origin of [`http://evil.example:${port}`, `http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
  for (const [name, [path, options]] of Object.entries(ATTACKS)) {
    test(`a page of ${new URL(origin).hostname} that ${name} neither reads nor spends`, async () => {
      await mock.always(answer('a secret'));
      const { error, type, text = '' } = await inPage(origin, fetched, [relay + path, options]);
      assert.ok(error === 'TypeError' || type === 'opaque', `it got ${text}`);
      assert.equal(text, '');
      assert.equal(await mock.calls(), 0);
    });
  }
}

test('a form that a page sends off does not spend', async () => {
  await mock.always(answer('a secret'));
  const page = await browser.newPage();
  await page.goto(`http://evil.example:${port}`);
  // The way to JSON by a form: one field whose name and value make up the text.
  await page.setContent(`<form method="post" enctype="text/plain" action="${relay}/chat/completions">
    <input name='${question.slice(0, -1)},"x":"' value='"}'></form>`);
  const [response] = await Promise.all([page.waitForResponse((sent) => sent.url().startsWith(relay)), page.$eval('form', (form) => form.submit())]);
  assert.equal(response.status(), 403);
  assert.equal(await mock.calls(), 0);
  await page.close();
});

test('a page whose name was made to lead here (DNS rebinding) neither reads nor spends', async () => {
  await mock.always(answer('a secret'));
  const rebound = `http://rebound.example:${new URL(relay).port}`;
  const page = await browser.newPage();
  // To the browser, page and relay are one origin: nothing but the name in `Host` gives it away.
  const first = await page.goto(rebound);
  assert.equal(first.status(), 403);
  for (const [path, options] of [['/v1/models', {}], ['/v1/chat/completions', json]]) {
    const { status, text } = await page.evaluate(fetched, [rebound + path, options]);
    assert.equal(status, 403);
    assert.match(text, /(host|origin)_not_allowed/);
  }
  assert.equal(await mock.calls(), 0);
  await page.close();
});

test('a page the user allowed asks, reads, and streams', async () => {
  await mock.always(answer('hello from the relay'));
  const options = { ...json, headers: { ...json.headers, authorization: 'Bearer any', 'x-stainless-lang': 'js' } };
  const whole = await inPage(ALLOWED, fetched, [`${relay}/chat/completions`, options]);
  assert.equal(JSON.parse(whole.text).choices[0].message.content, 'hello from the relay');
  const body = JSON.stringify({ ...JSON.parse(question), stream: true });
  const streamed = await inPage(ALLOWED, fetched, [`${relay}/chat/completions`, { ...options, body }]);
  assert.match(streamed.text, /data: \[DONE\]\n\n$/);
  assert.equal(await mock.calls(), 2);
});

test('a page the user allowed reads why it was refused', async () => {
  const { status, text } = await inPage(ALLOWED, fetched, [`${relay}/chat/completions`, json]);
  assert.equal(status, 401);
  assert.match(text, /must send an API key/);
  assert.equal(await mock.calls(), 0);
});
