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

async function openTokenSheet(page: Page) {
  await page.getByRole("button", { name: /^(Add token|Добавить токен)$/ }).click();
  await page.getByRole("dialog").waitFor();
}

/** Names the token and presses Enter there. */
async function makeToken(page: Page, name: string) {
  const field = page.getByRole("dialog").getByRole("textbox").first();
  await field.fill(name);
  await field.press("Enter");
}

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
    "token-missing",
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
  ...settings("server", "usual", "locked", "team"),
  ...settings("tokens", "usual", "locked", "team", "demo", "tokens-loading", "access-failing"),
  ...settings("limits", "usual", "team", "access-failing"),
  ...settings("sharing", "usual", "team"),
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
    name: "tokens-add",
    opening: { scenario: "team", page: "settings/tokens" },
    prepare: openTokenSheet,
  },
  {
    name: "tokens-add-models",
    opening: { page: "settings/tokens" },
    prepare: async (page) => {
      await openTokenSheet(page);
      await page.getByRole("dialog").getByRole("radio").nth(1).check();
      await page.getByText("GPT-5.2").first().waitFor();
    },
  },
  {
    name: "tokens-add-invalid",
    opening: { scenario: "team", page: "settings/tokens" },
    prepare: async (page) => {
      await openTokenSheet(page);
      await page.getByRole("dialog").getByRole("textbox").nth(1).fill("many");
      await makeToken(page, "ci");
      await page.getByRole("dialog").getByRole("textbox").nth(1).fill("");
      await makeToken(page, "ci");
      await page.locator(".error").waitFor();
    },
  },
  {
    name: "tokens-secret",
    opening: { page: "settings/tokens" },
    prepare: async (page) => {
      await openTokenSheet(page);
      await makeToken(page, "Open WebUI");
      await page.getByText("1mr-made-up").waitFor();
    },
  },
  {
    name: "tokens-revoke",
    opening: { scenario: "team", page: "settings/tokens" },
    prepare: async (page) => {
      await page
        .getByRole("button", { name: /^(Revoke|Отозвать)/ })
        .first()
        .click();
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "tokens-revoke-last",
    opening: { scenario: "locked", page: "settings/tokens" },
    prepare: async (page) => {
      await openTokenSheet(page);
      await makeToken(page, "Cline");
      await page.getByText("1mr-made-up").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: /^(Revoke|Отозвать)/ }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "tokens-add-wrong",
    opening: { page: "settings/tokens" },
    prepare: async (page) => {
      await openTokenSheet(page);
      await page.getByRole("dialog").getByRole("textbox").nth(3).fill("many");
      await page.locator(".error").waitFor();
    },
  },
  {
    name: "tokens-secret-team",
    opening: { scenario: "team", page: "settings/tokens" },
    prepare: async (page) => {
      await openTokenSheet(page);
      await makeToken(page, "laptop");
      await page.getByText("1mr-made-up").waitFor();
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
