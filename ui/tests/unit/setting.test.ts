// The relay's table of settings is the truth: the fake has the same, and the window offers each somewhere.

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { defaultSettings } from "../../src/backend/fake/settings";
import { generalGroups, serverGroups, shapes } from "../../src/pages/settings/fields";

const table = readFileSync(new URL("../../../crates/relay/src/settings/field.rs", import.meta.url), "utf8");
const names = [...table.matchAll(/^ {8}name: "(\w+)"/gm)].map(([, name]) => name);

/** These have a page of their own. */
const onModelsPage = ["only_chosen_models", "chosen_models"];

test("the fake has every setting of the relay", () => {
  expect(names.length).toBeGreaterThan(20);
  expect(new Set(defaultSettings().map(({ name }) => name))).toEqual(new Set(names));
});

test("the window offers every setting of the relay once", () => {
  const offered = [...Object.values(generalGroups), ...Object.values(serverGroups)].flat();
  expect([...offered, ...onModelsPage].sort()).toEqual([...names].sort());
  expect(Object.keys(shapes).sort()).toEqual([...offered].sort());
});
