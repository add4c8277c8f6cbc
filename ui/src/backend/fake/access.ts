// Tokens, budgets and what was turned away, for the fake.

import type { AddedToken } from "../../contract/AddedToken";
import type { BlockedView } from "../../contract/BlockedView";
import type { BudgetView } from "../../contract/BudgetView";
import type { TokenLimits } from "../../contract/TokenLimits";
import type { TokenView } from "../../contract/TokenView";
import type { TokenWish } from "../../contract/TokenWish";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Some day, so that pictures look the same every day. */
const NOW = Date.UTC(2026, 2, 30, 9, 41);

export const noLimits: TokenLimits = {
  requests_per_minute: null,
  concurrent_requests: null,
  credits_per_day: null,
  credits_per_month: null,
};

function token(index: number, name: string, more: Partial<TokenView> = {}): TokenView {
  return {
    id: `tok${index}`,
    name,
    created_unix_ms: NOW - (40 - index) * DAY_MS,
    expires_unix_ms: null,
    is_expired: false,
    is_shared: false,
    models: null,
    limits: noLimits,
    ...more,
  };
}

/** The token that a person wishes for; its secret is made up. */
export function makeToken({ name, models, limits, days }: TokenWish, index: number): AddedToken {
  const expires = days === null ? null : NOW + days * DAY_MS;
  const made = token(index + 1, name, { created_unix_ms: NOW, models, limits, expires_unix_ms: expires });
  return { token: made, secret: `1mr-${"made-up".padEnd(43, "0123456789")}` };
}

export function teamTokens(): TokenView[] {
  const limits = { ...noLimits, requests_per_minute: 60, credits_per_day: 5000 };
  return [
    token(1, "Open WebUI"),
    token(2, "cline-laptop", { limits, models: ["gpt-5.2", "claude-sonnet-4-6", "gpt-5-mini"] }),
    token(3, "nightly build", { expires_unix_ms: NOW + 30 * DAY_MS, limits: { ...noLimits, credits_per_month: 0 } }),
    token(4, "the workshop of March, twelve people", { expires_unix_ms: NOW - 2 * DAY_MS, is_expired: true }),
    token(5, "ci", { id: "tok9c41d7f2", models: ["gpt-4o-mini"] }),
    token(6, "ci", { id: "tok07aa3be5", is_shared: true, models: ["gpt-4o-mini"] }),
  ];
}

export function teamBudgets(): BudgetView[] {
  const day = { period: "day", until_unix_ms: Date.UTC(2026, 2, 31) } as const;
  const month = { period: "month", until_unix_ms: Date.UTC(2026, 3, 1) } as const;
  return [
    { owner: { kind: "all" }, ...day, spent: 12_480.4, reserved: 349.5, limit: 50_000, is_warning: false },
    { owner: { kind: "all" }, ...month, spent: 871_250, reserved: 350, limit: 1_000_000, is_warning: true },
    { owner: { kind: "tokenless" }, ...day, spent: 0, reserved: 0, limit: 5000, is_warning: false },
    {
      owner: { kind: "token", id: "tok2", name: "cline-laptop" },
      ...day,
      spent: 5012,
      reserved: 0,
      limit: 5000,
      is_warning: true,
    },
    ...["tok9c41d7f2", "tok07aa3be5"].map((id) => ({
      owner: { kind: "token", id, name: "ci" } as const,
      ...day,
      spent: 640,
      reserved: 0,
      limit: 5000,
      is_warning: false,
    })),
    { owner: { kind: "key", id: "3f9a1c77be02" }, ...month, spent: 402, reserved: 1, limit: 20_000, is_warning: false },
  ];
}

export function teamBlocked(): BlockedView[] {
  return [
    { kind: "origin", name: "https://chat.example.com", count: 14, last_unix_ms: NOW },
    { kind: "host", name: "relay.lan", count: 1, last_unix_ms: NOW - 3 * 60 * 60 * 1000 },
  ];
}
