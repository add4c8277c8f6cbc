import { expect, test } from "vitest";

import { stepFrom } from "./step";

const at = { row: 5, stop: 1 };

test.each([
  ["ArrowDown", { row: 6, stop: 1 }],
  ["ArrowUp", { row: 4, stop: 1 }],
  ["PageDown", { row: 9, stop: 1 }],
  ["PageUp", { row: 0, stop: 1 }],
  ["Home", { row: 0, stop: 1 }],
  ["End", { row: 9, stop: 1 }],
  ["ArrowRight", { row: 5, stop: 2 }],
  ["ArrowLeft", { row: 5, stop: 0 }],
  ["a", null],
])("%s leads to %o", (key, spot) => {
  expect(stepFrom(at, key, 10, 6)).toEqual(spot);
});
