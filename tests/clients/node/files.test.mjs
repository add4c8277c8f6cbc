/** Files: what was uploaded comes back byte by byte, and is named in messages by its id. */

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import test, { afterEach } from 'node:test';
import OpenAI, { toFile } from 'openai';

import { MODEL, answer, collect, connect, mock, raised, startRelay } from './support.mjs';

const HOUR = 3_600;

const client = connect(await startRelay());
const { files } = client;

afterEach(async () => {
  for await (const { id } of files.list()) await files.delete(id);
});

const upload = async (name, content, purpose = 'user_data') =>
  files.create({ file: await toFile(Buffer.from(content), name), purpose });
const listed = async (query) => (await collect(files.list(query))).map(({ id }) => id);
const bytesOf = async (id) => Buffer.from(await (await files.content(id)).arrayBuffer());
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

test('a file is told as it was uploaded, and comes back', async () => {
  const file = await upload('letter 🙂.pdf', '%PDF-1.4');
  assert.match(file.id, /^file-/);
  assert.deepEqual([file.object, file.status, file.purpose], ['file', 'processed', 'user_data']);
  assert.deepEqual([file.filename, file.bytes], ['letter 🙂.pdf', 8]);
  assert.deepEqual(await files.retrieve(file.id), file);
  assert.deepEqual(await listed(), [file.id]);
  const content = await files.content(file.id);
  assert.equal(content.headers.get('content-type'), 'application/pdf');
  assert.equal(await content.text(), '%PDF-1.4');
});

test('a large file comes back equal', async () => {
  const content = randomBytes(20_000_000);
  const file = await upload('large.bin', content);
  assert.equal(file.bytes, content.length);
  assert.equal(sha256(await bytesOf(file.id)), sha256(content));
  // It stays with the relay until a message names it.
  assert.deepEqual(await mock.uploads(), []);
});

test('a list ends however it is paged', async () => {
  const uploaded = [];
  for (let number = 0; number < 5; number += 1) uploaded.push((await upload(`${number}.txt`, 'x')).id);
  const newestFirst = uploaded.toReversed();
  for (const limit of [1, 2, 5, 6]) {
    assert.deepEqual(await listed({ limit }), newestFirst);
    assert.deepEqual(await listed({ limit, order: 'asc' }), uploaded);
  }
  // The first page again would never end.
  assert.deepEqual(await listed({ after: 'file-unknown' }), []);
});

test('a deleted file is gone', async () => {
  const { id } = await upload('a.txt', 'x');
  const { deleted } = await files.delete(id);
  assert.equal(deleted, true);
  for (const ask of [files.retrieve, files.content, files.delete]) {
    const caught = await raised(OpenAI.NotFoundError, ask.call(files, id));
    assert.equal(caught.param, 'id');
    assert.equal(caught.headers.get('x-should-retry'), 'false');
  }
});

test('a file may be told when to go', async () => {
  const request = { file: await toFile(Buffer.from('x'), 'a.txt'), purpose: 'user_data' };
  const expires = (seconds) => ({ ...request, expires_after: { anchor: 'created_at', seconds } });
  const file = await files.create(expires(HOUR));
  assert.equal(file.expires_at - file.created_at, HOUR);
  const caught = await raised(OpenAI.BadRequestError, files.create(expires(HOUR - 1)));
  assert.equal(caught.param, 'expires_after[seconds]');
});

test('an empty file is refused by name', async () => {
  const caught = await raised(OpenAI.BadRequestError, upload('a.txt', ''));
  assert.deepEqual([caught.param, await listed()], ['file', []]);
});

const about = (part, type) => [{ role: 'user', content: [{ type, text: 'What is this?' }, part] }];
const askChat = async (part) => {
  const completion = await client.chat.completions.create({ model: MODEL, messages: about(part, 'text') });
  return completion.choices[0].message.content;
};
const askResponses = async (part) =>
  (await client.responses.create({ model: MODEL, input: about(part, 'input_text') })).output_text;

const IN_CHAT = (id) => ({ type: 'file', file: { file_id: id } });
const IN_RESPONSE = (id) => ({ type: 'input_file', file_id: id });
const SHOWN = (id) => ({ type: 'input_image', file_id: id, detail: 'auto' });
const DOCUMENT = { file: 'a.pdf', kind: 'files', handle: 'uuid' };
const PICTURE = { file: 'a.png', kind: 'images', handle: 'path' };
const NAMED = {
  'a document in a chat': { ...DOCUMENT, ask: askChat, part: IN_CHAT, bytes: '%PDF-1.4 chat' },
  'a document in a response': { ...DOCUMENT, ask: askResponses, part: IN_RESPONSE, bytes: '%PDF-1.4 response' },
  'a picture in a response': { ...PICTURE, ask: askResponses, part: SHOWN, bytes: '\x89PNG\r\n\x1a\n' },
};

for (const [name, { ask, part, file, kind, handle, bytes }] of Object.entries(NAMED)) {
  test(`${name} is named by its id and uploaded once`, async () => {
    await mock.always(answer('I see.'));
    const content = Buffer.from(bytes, 'latin1');
    const { id } = await upload(file, content);
    assert.deepEqual([await ask(part(id)), await ask(part(id))], ['I see.', 'I see.']);
    const [uploaded, ...more] = await mock.uploads();
    assert.deepEqual([uploaded.sha256, more], [sha256(content), []]);
    for (const { body } of await mock.received()) {
      assert.deepEqual(body.promptObject.attachments, { [kind]: [uploaded[handle]] });
    }
    assert.equal(await mock.calls(), 2);
  });
}

test('a file that is not there costs nothing', async () => {
  await mock.always(answer());
  const caught = await raised(OpenAI.NotFoundError, askChat({ type: 'file', file: { file_id: 'file-unknown' } }));
  assert.match(caught.message, /file-unknown/);
  assert.equal(await mock.calls(), 0);
});
