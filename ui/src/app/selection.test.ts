import { describe, expect, test } from "vitest";

import { makeModels, retiredModel } from "../backend/fake/models";
import { anyModel, findModels, makersOf, sortModels, suggestModels } from "./selection";

const models = makeModels();
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

describe("finding models", () => {
  test("every word must be in name, id, maker or an alias", () => {
    expect(ids(findModels(models, { ...anyModel, search: "mini  gpt-4o" }))).toEqual(["gpt-4o-mini"]);
    expect(ids(findModels(models, { ...anyModel, search: "ANTHROPIC haiku" }))).toEqual(["claude-haiku-4-5-20251001"]);
    const named = models.map((model) => (model.id === "o3" ? { ...model, aliases: ["thinker"] } : model));
    expect(ids(findModels(named, { ...anyModel, search: "thinker" }))).toEqual(["o3"]);
  });

  test("a model that only draws sees no images", () => {
    const seeing = findModels(models, { ...anyModel, ability: "sees_images" });
    expect(seeing.length).toBeGreaterThan(5);
    expect(seeing.every(({ uses }) => uses.includes("chat"))).toBe(true);
  });

  test("maker and permission narrow further", () => {
    const some = models.map((model) => ({ ...model, is_allowed: model.id === "o3" }));
    expect(ids(findModels(some, { ...anyModel, maker: "OpenAI", onlyAllowed: true }))).toEqual(["o3"]);
    expect(findModels(some, { ...anyModel, maker: "Google", onlyAllowed: true })).toEqual([]);
  });
});

describe("sorting models", () => {
  test("the cheapest come first, unknown prices last", () => {
    const credits = sortModels(models, "credits").map(({ credits_in }) => credits_in);
    expect(credits[0]).toBe(50);
    expect(credits.at(-1)).toBeNull();
  });

  test("the widest context comes first", () => {
    expect(sortModels(models, "context")[0]?.context_tokens).toBe(2_000_000);
    expect(sortModels(models, "context").at(-1)?.context_tokens).toBeNull();
  });

  test("names count numbers as numbers, and the list's own order can come back", () => {
    const rows = [
      { ...retiredModel, name: "GPT-10" },
      { ...retiredModel, name: "GPT-9" },
    ];
    expect(sortModels(rows, "name").map(({ name }) => name)).toEqual(["GPT-9", "GPT-10"]);
    expect(ids(sortModels(models, "listed"))).toEqual(ids(models));
  });
});

test("makers are listed once each", () => {
  const makers = makersOf(models);
  expect(new Set(makers).size).toBe(makers.length);
  expect(makers).toContain("Mistral");
});

describe("suggesting models", () => {
  test("of each kind the newest, whatever its date says", () => {
    const suggested = ids(suggestModels(models));
    expect(suggested).toContain("gpt-5.2");
    expect(suggested).toContain("claude-sonnet-4-6");
    const sonnets = ["claude-sonnet-4-20250514", "claude-sonnet-4-5-20250929", "claude-sonnet-4-6"];
    const rows = sonnets.map((id) => ({ ...retiredModel, id, is_retired: false }));
    expect(ids(suggestModels(rows))).toEqual(["claude-sonnet-4-6"]);
  });

  test("never one that is gone", () => {
    expect(suggestModels([{ ...retiredModel, id: "gpt-9" }])).toEqual([]);
  });
});
