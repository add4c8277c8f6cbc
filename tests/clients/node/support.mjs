/**
 * The programs under test as processes, the stand-in's control, and the turns it plays.
 *
 * Each test file imports this once and so has a stand-in of its own. Before every test the stand-in is reset; after
 * every test no call may be left open at 1min.ai; at the end all programs are killed and reaped.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';

const REPO = fileURLToPath(new URL('../../../', import.meta.url));

export const MODEL = 'gpt-4o-mini';
export const STORED_KEY = 'the-key-the-relay-holds';
export const CLIENT_KEY = 'the-key-the-client-sends';
export const HI = [{ role: 'user', content: 'Say hello.' }];

// What the surroundings say about accounts must not reach the SDK.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('OPENAI_')) delete process.env[name];
}

/** The path of a built program: what the variable says, else where cargo puts it. */
function program(variable, name) {
  const target = resolve(REPO, process.env.CARGO_TARGET_DIR ?? 'target');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const path = resolve(process.env[variable] || join(target, 'debug', name + suffix));
  assert.ok(existsSync(path), `${path} is missing: build ${name} first, or set ${variable} to where it is.`);
  return path;
}

const children = [];
const folder = mkdtempSync(join(tmpdir(), 'relay-clients-'));

/** Starts a program in an empty folder with nothing but these variables, and gives the address it says first. */
async function start(variable, name, args, env = {}) {
  try {
    return await listen(program(variable, name), args, env);
  } catch (error) {
    // The file fails while it is loaded, so no hook will run.
    await stopAll();
    throw error;
  }
}

async function listen(path, args, env) {
  const child = spawn(path, args, {
    cwd: folder, env: { RELAY_DATA_DIR: join(folder, 'data'), ...env }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child, 'spawn');
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  // An early end closes the lines; silence is ended by the signal.
  const signal = AbortSignal.timeout(10_000);
  const first = await Promise.race([
    once(lines, 'line', { signal }).then(([line]) => line),
    once(lines, 'close', { signal }).then(() => 'nothing'),
  ]).catch(() => 'nothing for 10 s');
  const url = /http:\/\/\S+$/.exec(first)?.[0];
  assert.ok(url, `${path} did not say where it listens but: ${first}`);
  return url;
}

/** Kills every program and waits until it is gone, then removes their folder. */
async function stopAll() {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
}

/** The stand-in for 1min.ai, by its control over HTTP. */
class Mock {
  constructor(url) {
    this.url = url;
  }

  /** Plays these turns for the next calls, one each. */
  async script(...turns) {
    await this.#ask('POST', '/mock/script', { turns });
  }

  /** Plays this turn for every call. */
  async always(turn) {
    await this.#ask('POST', '/mock/script', { always: turn });
  }

  /** Plays this turn for every call of a feature. */
  async alwaysFeature(turn) {
    await this.#ask('POST', '/mock/script', { always_feature: turn });
  }

  /** The calls of pictures, speech and transcripts. */
  async features() {
    return (await this.#ask('GET', '/mock/calls')).features;
  }

  /** The fetches of files that features made. */
  async downloads() {
    return (await this.#ask('GET', '/mock/calls')).downloads;
  }

  /** Lets the calls that wait at a gate go on. */
  async openGate() {
    await this.#ask('POST', '/mock/gate');
  }

  async reset() {
    await this.#ask('DELETE', '/mock');
  }

  /** The calls as 1min.ai would have received them. */
  async received() {
    const { received } = await this.#ask('GET', '/mock/calls');
    return received.map((call) => ({ ...call, headers: Object.fromEntries(call.headers) }));
  }

  /** Plays these turns for the next calls of features, one each. */
  async scriptFeatures(...turns) {
    await this.#ask('POST', '/mock/script', { features: turns });
  }

  /** What features made, in the order it was fetched: the bytes that 1min.ai has. */
  async made() {
    const files = [];
    for (const { path } of await this.downloads()) files.push((await fetched(this.url + path)).bytes);
    return files;
  }

  /** What was uploaded: each `file_name`, `content_type`, `size_bytes`, `sha256`, and its `path` and `uuid`. */
  async uploads() {
    return (await this.#ask('GET', '/mock/calls')).uploads;
  }

  /** How many calls 1min.ai would have had to carry out. */
  async calls() {
    return (await this.received()).length;
  }

  /** Polls the counts until those named are as given; fails when they are not in time. */
  async waitFor(wanted, withinMs = 1_000, of = 'counts') {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const { [of]: counts } = await this.#ask('GET', '/mock/calls');
      if (Object.entries(wanted).every(([name, count]) => counts[name] === count)) return;
      assert.ok(performance.now() < deadline, `still ${JSON.stringify(counts)} after ${withinMs} ms`);
    }
  }

  /** The same for the calls of features, which no client that leaves cancels. */
  async waitForFeatures(wanted) {
    await this.waitFor(wanted, 5_000, 'feature_counts');
  }

  async waitForOpen(calls) {
    await this.waitFor({ open: calls }, 5_000);
  }

  async waitForCancelled(calls) {
    await this.waitFor({ open: 0, finished: 0, cancelled: calls });
  }

  async #ask(method, path, body) {
    const headers = { 'content-type': 'application/json' };
    const request = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(5_000) };
    const response = await fetch(this.url + path, request);
    assert.ok(response.ok, `${method} ${path} gave ${response.status}`);
    const text = await response.text();
    return text ? JSON.parse(text) : undefined;
  }
}

after(stopAll);
// The runner ends with SIGTERM what takes too long.
process.once('SIGTERM', () => stopAll().finally(() => process.exit(1)));

export const mock = new Mock(await start('MOCK_BIN', 'mock-onemin', ['--port', '0']));
beforeEach(() => mock.reset());
afterEach(async () => {
  await mock.waitFor({ open: 0 });
  await mock.waitForFeatures({ open: 0 });
});

/** Starts a relay and gives its base URL. It gives up on 1min.ai soon, so no test can hang. */
export function startRelay({ key = STORED_KEY, upstream = mock.url, settings = [] } = {}) {
  const set = ['total_timeout=10', 'requests_per_minute=0', ...settings].flatMap((setting) => ['--set', setting]);
  const args = ['serve', '--port', '0', '--log', 'warn', ...set];
  const env = { ONE_MIN_API_URL: upstream, ...(key && { ONE_MIN_API_KEY: key }) };
  return start('RELAY_BIN', '1min-relay', args, env);
}

/** A client set up as an app would: the address, a key, and nothing else. */
export function connect(baseURL, options = {}) {
  return new OpenAI({ baseURL, apiKey: CLIENT_KEY, timeout: 20_000, ...options });
}

/** What is at an address, for whoever knows it: without a key. */
export async function fetched(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get('content-type'), bytes };
}

/** A good answer, whole or streamed as it is asked for. */
export const answer = (text = 'ok', fields = {}) => ({ answer: { text: { literal: text }, ...fields } });

/** How a model writes that it wants a tool. */
export const call = (name, args = {}) => `<tool_call>${JSON.stringify({ name, arguments: args })}</tool_call>`;

/** The prompts that 1min.ai would have received. */
export const prompts = async () => (await mock.received()).map(({ body }) => body.promptObject.prompt);

/** An answer that says the prompt it received. */
export const echo = (fields = {}) => ({ answer: { text: 'echo_prompt', ...fields } });

/** A JSON answer with this status. */
export const refusal = (status, body, headers = {}) => ({
  reply: { status, headers: Object.entries(headers), body: [{ send: JSON.stringify(body) }] },
});

/** An event stream of these steps. */
export const stream = (...steps) => ({ reply: { content_type: 'text/event-stream', body: steps } });

/** What the stand-in does of itself, after these steps, and with these metadata in the record. */
export const act = (steps = [], metadata = {}) => ({ act: { before_headers: steps, metadata } });

/** A call that is taken and never answered. */
export const silent = () => ({ reply: { before_headers: ['hang'] } });

/** Ends a connection in the middle of an answer. */
export const CUT = ['cut'];

const frame = (name, data) => ({ send: `event: ${name}\ndata: ${JSON.stringify(data)}\n\n` });
export const content = (text) => frame('content', { content: text });
export const error = (message) => frame('error', { error: message });
export const done = () => frame('done', { message: 'Stream completed' });

/** All chunks of a stream. */
export async function collect(chunks) {
  const all = [];
  for await (const chunk of await chunks) all.push(chunk);
  return all;
}

const choicesOf = (chunks, index) =>
  chunks.flatMap((chunk) => chunk.choices).filter((choice) => choice.index === index);

/** The text of a choice. */
export const textOf = (chunks, index = 0) =>
  choicesOf(chunks, index).map((choice) => choice.delta.content ?? '').join('');

/** The finish reasons of a choice: one, if it ended well. */
export const finishesOf = (chunks, index = 0) =>
  choicesOf(chunks, index).map((choice) => choice.finish_reason).filter(Boolean);

/** The next text of a stream; the stream stays open for what follows. */
export async function nextText(iterator) {
  for (;;) {
    const { value, done: hasEnded } = await iterator.next();
    assert.ok(!hasEnded, 'the stream ended without text');
    const text = value.choices[0]?.delta.content;
    if (text) return text;
  }
}

/** The exception of a promise that must be rejected, of exactly this class. */
export async function raised(kind, promise) {
  let caught;
  await assert.rejects(promise, (error) => {
    caught = error;
    return true;
  });
  assert.equal(caught.constructor, kind, String(caught.stack));
  return caught;
}
