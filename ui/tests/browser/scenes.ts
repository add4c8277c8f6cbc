// Every page in every state: for axe and for pictures.

import type { Page } from "playwright-core";

import type { Opening } from "./window";

/** A state of the window, and how to get there from its opening. */
export interface Scene {
  name: string;
  opening: Opening;
  prepare?: (page: Page) => Promise<void>;
}

const models = (...scenarios: NonNullable<Opening["scenario"]>[]): Scene[] =>
  scenarios.map((scenario) => ({ name: `models-${scenario}`, opening: { scenario, page: "models" } }));

const settings = (section: string, ...scenarios: NonNullable<Opening["scenario"]>[]): Scene[] =>
  scenarios.map((scenario) => ({ name: `${section}-${scenario}`, opening: { scenario, page: `settings/${section}` } }));

const home = (...scenarios: NonNullable<Opening["scenario"]>[]): Scene[] =>
  scenarios.map((scenario) => ({ name: `home-${scenario}`, opening: { scenario } }));

export const scenes: Scene[] = [
  { name: "loading", opening: { scenario: "loading" } },
  { name: "failing", opening: { scenario: "failing" } },
  ...home(
    "usual",
    "chosen",
    "stopped",
    "starting",
    "demo",
    "set-up",
    "no-key",
    "key-refused",
    "port-taken",
    "unreachable",
    "every-problem",
  ),
  ...models(
    "usual",
    "chosen",
    "locked",
    "retired",
    "none-allowed",
    "catalog-problem",
    "no-models",
    "models-loading",
    "models-failing",
    "port-taken",
  ),
  {
    name: "models-selected",
    opening: { scenario: "chosen", page: "models" },
    prepare: (page) => page.getByLabel("Select all").or(page.getByLabel("Выделить все")).check(),
  },
  {
    name: "models-none-found",
    opening: { scenario: "chosen", page: "models" },
    prepare: (page) => page.getByRole("searchbox").fill("no such model"),
  },
  {
    name: "models-makers",
    opening: { page: "models" },
    prepare: async (page) => {
      await page.locator(".pick").click();
      await page.getByRole("option", { name: "Anthropic" }).waitFor();
    },
  },
  ...settings("general", "usual", "demo"),
  ...settings("key", "usual", "no-key", "key-refused", "key-session", "key-environment", "keyring-unavailable"),
  ...settings("server", "usual", "locked"),
  ...settings("tokens", "usual", "locked"),
  ...settings("limits", "usual"),
  ...settings("sharing", "usual"),
  ...settings("proxy", "usual"),
  ...settings("advanced", "usual"),
  ...settings("appearance", "usual"),
  ...settings("about", "usual", "no-tray"),
  {
    name: "server-invalid",
    opening: { page: "settings/server" },
    prepare: async (page) => {
      await page.locator("#field-port").fill("70000");
      await page.locator("#field-port").press("Enter");
      await page.locator("#field-port[aria-invalid=true]").waitFor();
    },
  },
  {
    name: "server-undo",
    opening: { page: "settings/server" },
    prepare: async (page) => {
      await page.locator("#field-idle_timeout").fill("90");
      await page.locator("#field-idle_timeout").press("Enter");
      await page.getByRole("button", { name: /^(Back to the default|Вернуть)/ }).click();
      await page.locator(".toast").waitFor();
    },
  },
  {
    name: "key-remove",
    opening: { page: "settings/key" },
    prepare: async (page) => {
      await page.getByRole("button", { name: /^(Remove|Удалить)$/ }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "start-key", opening: { scenario: "first-start" }, prepare: (page) => page.getByRole("dialog").waitFor() },
  {
    name: "start-models",
    opening: { scenario: "first-start" },
    prepare: async (page) => {
      await page.getByRole("button", { name: /^(Skip|Пропустить)$/ }).click();
      await page.getByRole("radio").nth(1).check();
      await page.getByText("GPT-5.2").waitFor();
    },
  },
  {
    name: "start-login",
    opening: { scenario: "first-start" },
    prepare: async (page) => {
      await page.getByRole("button", { name: /^(Skip|Пропустить)$/ }).click();
      await page.getByRole("button", { name: /^(Skip|Пропустить)$/ }).click();
      await page.getByRole("button", { name: /^(Done|Готово)$/ }).waitFor();
    },
  },
];
