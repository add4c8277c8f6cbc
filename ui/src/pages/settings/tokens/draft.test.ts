import { afterEach, expect, test } from "vitest";

import type { TokenView } from "../../../contract/TokenView";
import { locale } from "../../../locale/locale.svelte";
import { describeToken } from "./describe";
import { TokenDraft } from "./draft.svelte";

const noLimits = {
  requests_per_minute: null,
  concurrent_requests: null,
  credits_per_day: null,
  credits_per_month: null,
};

afterEach(() => {
  locale.language = "en";
});

test("a name is enough, and everything else is as the settings have it", () => {
  const draft = new TokenDraft();
  expect(draft.isComplete).toBe(false);
  draft.name = " Cline ";
  expect(draft.isComplete).toBe(true);
  expect(draft.wish).toEqual({ name: "Cline", models: null, limits: noLimits, days: null });
});

test("no limit is another wish than the settings' limit", () => {
  const draft = new TokenDraft();
  draft.typed.credits_per_day = "0";
  draft.typed.requests_per_minute = " 60 ";
  expect(draft.wish.limits).toEqual({ ...noLimits, credits_per_day: 0, requests_per_minute: 60 });
});

test("what is no number, and only some models but none of them, can't be made", () => {
  const draft = new TokenDraft();
  draft.name = "Cline";
  for (const text of ["many", "-1", "1.5", "9999999999999"]) {
    draft.typed.credits_per_day = text;
    expect(draft.isComplete, text).toBe(false);
  }
  draft.typed.credits_per_day = "";
  draft.mode = "chosen";
  expect(draft.isComplete).toBe(false);
  draft.want("gpt-4o", true);
  draft.want("o3", true);
  draft.want("gpt-4o", false);
  expect(draft.isComplete).toBe(true);
  expect(draft.wish.models).toEqual(["o3"]);
});

test("a token is told in one line, with each language's plurals", () => {
  const token = {
    id: "tok1",
    name: "Cline",
    created_unix_ms: Date.UTC(2026, 2, 30, 12),
    expires_unix_ms: Date.UTC(2026, 3, 29, 12),
    is_expired: false,
    is_shared: false,
    models: ["gpt-4o", "o3"],
    limits: { ...noLimits, credits_per_day: 5000, credits_per_month: 0 },
  };
  const told = (each: TokenView) => describeToken(each).replaceAll("\u00a0", " ");
  expect(told(token)).toBe(
    "2 models · 5,000 credits a day · any number of credits a month · made on Mar 30, 2026 · ends on Apr 29, 2026",
  );
  locale.language = "ru";
  expect(told({ ...token, is_expired: true })).toMatch(
    /^2 модели · 5\s000 кредитов в день · .* действовал до 29 апр. 2026 г\.$/,
  );
});
