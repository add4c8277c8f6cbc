import { expect, test } from "vitest";

import { readPlace, writePlace } from "./page";

test("a place is read as it was written", () => {
  for (const text of ["home", "models", "settings/key", "settings/about"]) {
    expect(writePlace(readPlace(text))).toBe(text);
  }
});

test("a place that is not there leads home", () => {
  expect(readPlace("playground")).toEqual({ page: "home", section: "general" });
  expect(readPlace("settings/clouds")).toEqual({ page: "settings", section: "general" });
});
