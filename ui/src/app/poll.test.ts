import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Poll } from "./poll.svelte";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("it asks again and again, until nobody looks", async () => {
  let asked = 0;
  const poll = new Poll(async () => ++asked);
  const stop = poll.keep();
  await vi.advanceTimersByTimeAsync(0);
  expect(poll.value).toBe(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(poll.value).toBe(3);
  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(3);
});

test("a question that fails leaves what was there, and says why", async () => {
  let isBroken = false;
  const poll = new Poll(async () => {
    if (isBroken) throw { kind: "failed", message: "disk I/O error" };
    return ["one"];
  });
  await poll.load();
  const first = poll.value;
  isBroken = true;
  await poll.load();
  expect([poll.value, poll.error?.message]).toEqual([["one"], "disk I/O error"]);
  isBroken = false;
  await poll.load();
  // The same list is not another one.
  expect(poll.value).toBe(first);
  expect(poll.error).toBeNull();
});

test("an answer that comes late does not undo a newer one", async () => {
  const answers: ((value: string) => void)[] = [];
  const poll = new Poll(() => new Promise<string>((resolve) => answers.push(resolve)));
  const loads = [poll.load(), poll.load()];
  answers[1]?.("new");
  answers[0]?.("old");
  await Promise.all(loads);
  expect(poll.value).toBe("new");
});
