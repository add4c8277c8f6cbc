import { beforeEach, expect, test, vi } from "vitest";

import { Task } from "./task.svelte";

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

test("work shows after a moment, and after a while need not be waited for", async () => {
  const task = new Task();
  let end = () => {};
  const run = task.run(() => new Promise<void>((resolve) => (end = resolve)));
  const seen = () => [task.isBusy, task.isSlow, task.canBeLeft];
  expect(seen()).toEqual([true, false, false]);
  vi.advanceTimersByTime(300);
  expect(seen()).toEqual([true, true, false]);
  vi.advanceTimersByTime(1700);
  expect(seen()).toEqual([true, true, true]);
  end();
  expect(await run).toBe(true);
  expect(seen()).toEqual([false, false, false]);
});

test("a failure is told, and forgotten at the next try", async () => {
  const task = new Task();
  expect(await task.run(() => Promise.reject(new Error("No.")))).toBe(false);
  expect(task.error).toEqual({ kind: "failed", message: "No." });
  expect(await task.run(() => Promise.resolve())).toBe(true);
  expect(task.error).toBeNull();
});

test("work that was left says nothing when it ends", async () => {
  const task = new Task();
  let fail: (error: Error) => void = () => {};
  const run = task.run(() => new Promise((_, reject) => (fail = reject)));
  task.leave();
  fail(new Error("Too late."));
  expect(await run).toBe(false);
  expect(task.error).toBeNull();
});
