import { beforeEach, describe, expect, test, vi } from "vitest";

import type { AppState } from "../contract/AppState";
import { FakeBackend } from "./fake";
import { scenarioNames } from "./fake/scenario";
import { defaultSettings } from "./fake/settings";

let states: AppState[] = [];

async function open(...args: ConstructorParameters<typeof FakeBackend>) {
  const backend = new FakeBackend(...args);
  await backend.onState((state) => states.push(state));
  return backend;
}

beforeEach(() => {
  // Its pauses take no time here.
  vi.stubGlobal("setTimeout", (run: () => void) => queueMicrotask(run));
  states = [];
  return () => vi.unstubAllGlobals();
});

test("every scenario has a state", async () => {
  for (const name of scenarioNames.filter((each) => !["loading", "failing"].includes(each))) {
    const state = await (await open(name)).getState();
    expect(state.settings.length, name).toBe(defaultSettings().length);
  }
});

test("the relay passes through starting", async () => {
  const backend = await open("stopped");
  await backend.setRelay({ on: true });
  expect(states.map(({ relay }) => relay.state)).toEqual(["starting", "running"]);
});

test("a taken port is refused until another is used", async () => {
  const backend = await open("port-taken");
  await expect(backend.setRelay({ on: true })).rejects.toMatchObject({ kind: "cannot_listen" });
  await backend.usePort({ port: 5002 });
  expect(states.at(-1)).toMatchObject({
    relay: { state: "running", base_url: "http://127.0.0.1:5002/v1" },
    problems: [],
  });
});

describe("keys", () => {
  test("are checked, kept, and known by their end alone", async () => {
    const backend = await open("no-key");
    await backend.setKey({ key: "made-up-key-1234", place: "session" });
    expect(states.at(-1)?.key).toMatchObject({ place: "session", last_four: "1234", check: { kind: "taken" } });
    expect(JSON.stringify(states)).not.toContain("made-up");
  });

  test.each([
    ["too short", "usual", "invalid_key"],
    ["refused-key-1234", "usual", "key_refused"],
    ["made-up-key-1234", "keyring-unavailable", "keyring_unavailable"],
  ] as const)("%s in %s is %s", async (key, scenario, kind) => {
    const backend = await open(scenario);
    await expect(backend.setKey({ key, place: "keyring" })).rejects.toMatchObject({ kind });
  });
});

describe("settings", () => {
  test("refuse what the relay refuses", async () => {
    const backend = await open();
    await expect(backend.setSetting({ name: "port", value: "70000" })).rejects.toMatchObject({ kind: "invalid_value" });
    await expect(backend.setSetting({ name: "colour", value: "red" })).rejects.toMatchObject({ kind: "invalid_value" });
  });

  test("that a variable sets are locked", async () => {
    const backend = await open("locked");
    await expect(backend.setSetting({ name: "port", value: "5002" })).rejects.toMatchObject({ kind: "locked" });
  });
});

test("only chosen models are allowed once that is wanted", async () => {
  const backend = await open();
  await backend.allowModels({ ids: ["gpt-4o", "o3"], allowed: true });
  await backend.setSetting({ name: "only_chosen_models", value: "true" });
  await backend.allowModels({ ids: ["o3"], allowed: false });
  const allowed = (await backend.listModels()).filter((model) => model.is_allowed);
  expect(allowed.map(({ id }) => id)).toEqual(["gpt-4o"]);
  expect(states.at(-1)?.catalog.allowed).toBe(1);
});

test("a thousand models have a thousand ids", async () => {
  const models = await (await open("many-models")).listModels();
  expect(new Set(models.map(({ id }) => id)).size).toBe(1000);
});

describe("tokens", () => {
  test("are made once under a name, told once, and taken back", async () => {
    const backend = await open();
    const limits = {
      requests_per_minute: null,
      concurrent_requests: null,
      credits_per_day: null,
      credits_per_month: null,
    };
    const wish = { name: "Cline", models: null, limits, days: 30 };
    const { token, secret } = await backend.addToken({ wish });
    expect(secret).toMatch(/^1mr-[\w-]{43}$/);
    expect(JSON.stringify([await backend.listTokens(), states])).not.toContain(secret);
    await expect(backend.addToken({ wish })).rejects.toMatchObject({ kind: "invalid_value" });
    await backend.revokeToken({ id: token.id });
    expect(await backend.listTokens()).toEqual([]);
  });
});

test("what is allowed is a setting, and no longer turned away", async () => {
  const backend = await open("team");
  await backend.allowBlocked({ kind: "host", name: "relay.lan" });
  expect(states.at(-1)?.settings.find(({ name }) => name === "allowed_hosts")?.value).toBe("relay.lan");
  expect((await backend.listBlocked()).map(({ name }) => name)).toEqual(["https://chat.example.com"]);
});
