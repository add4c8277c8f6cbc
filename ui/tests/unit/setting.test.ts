// The relay's table of settings is the truth: the fake has the same, and the window offers each somewhere.

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { defaultSettings } from "../../src/backend/fake/settings";
import { groups, shapes } from "../../src/pages/settings/fields";

const repository = new URL("../../../", import.meta.url);
const table = ["field.rs", "field/limit.rs"]
  .map((file) => readFileSync(new URL(`crates/relay/src/settings/${file}`, repository), "utf8"))
  .join("\n");
const names = [...table.matchAll(/^ {8}name: "(\w+)"/gm)].map(([, name]) => name);
const readme = readFileSync(new URL("README.md", repository), "utf8");

/** These have a page of their own. */
const onModelsPage = ["only_chosen_models", "chosen_models"];

test("the fake has every setting of the relay", () => {
  expect(names.length).toBeGreaterThan(20);
  expect(new Set(defaultSettings().map(({ name }) => name))).toEqual(new Set(names));
});

test("the fake's defaults are those of the README", () => {
  for (const { name, value } of defaultSettings()) {
    const [, cell = ""] = new RegExp(`^\\| \`${name}\` \\|[^|]*\\| ([^|]*)\\|`, "m").exec(readme) ?? [];
    const stated = /^`(.*)`$/.exec(cell.trim())?.[1] ?? "";
    expect(value, name).toBe(stated);
  }
});

test("the window offers every setting of the relay once", () => {
  const offered = Object.values(groups).flatMap((each) => Object.values(each).flat());
  expect([...offered, ...onModelsPage].sort()).toEqual([...names].sort());
  expect(Object.keys(shapes).sort()).toEqual([...offered].sort());
});
