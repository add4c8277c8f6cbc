/** The older text route, as the SDK still offers it. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { MODEL, answer, connect, echo, mock, startRelay } from './support.mjs';

const client = connect(await startRelay());

test('a prompt is completed whole', async () => {
  await mock.always(answer('4, 5'));
  const completion = await client.completions.create({ model: MODEL, prompt: '1, 2, 3, ' });
  assert.equal(completion.object, 'text_completion');
  assert.equal(completion.choices[0].text, '4, 5');
  assert.equal(completion.choices[0].finish_reason, 'stop');
  assert.ok(completion.usage.total_tokens > 0);
});

test('a prompt is completed as a stream', async () => {
  await mock.always(echo({ delta_chars: 1, piece_bytes: 1 }));
  const stream = await client.completions.create({ model: MODEL, prompt: 'naïve \u2603', stream: true });
  let text = '';
  let finish = null;
  for await (const chunk of stream) {
    text += chunk.choices[0].text;
    finish = chunk.choices[0].finish_reason;
  }
  assert.equal(text, 'naïve \u2603');
  assert.equal(finish, 'stop');
});
