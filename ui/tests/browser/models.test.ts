// The table of models: a thousand rows, choosing them, and choosing many at once.

import type { Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";

import { type OpenWindow, openWindow, useBrowser } from "./window";

useBrowser();

let current: OpenWindow | undefined;

async function openModels(
  scenario: "many-models" | "chosen" | "usual" | "retired" | "everything-fails",
): Promise<Page> {
  current = await openWindow({ scenario, page: "models" });
  await current.page.getByRole("grid").waitFor();
  return current.page;
}

afterEach(async () => {
  expect(current?.offences).toEqual([]);
  await current?.close();
});

const row = (page: Page, id: string) => page.getByRole("row").filter({ has: page.locator(`code[title="${id}"]`) });
const drawn = (page: Page) => page.locator("[data-row]").count();

test("of a thousand rows those in sight are drawn, and every one can be reached", async () => {
  const page = await openModels("many-models");
  await page.getByText("1,000 models", { exact: true }).waitFor();
  expect(await page.getByRole("grid").getAttribute("aria-rowcount")).toBe("1001");
  await page.locator('[data-row="0"]').waitFor();
  expect(await drawn(page)).toBeLessThan(40);
  await page.locator('[data-row="0"] input').focus();
  await page.keyboard.press("End");
  await page.locator('[data-row="999"] :focus').waitFor();
  await page.keyboard.press("PageUp");
  await page.keyboard.press("Home");
  await page.locator('[data-row="0"] :focus').waitFor();
  expect(await drawn(page)).toBeLessThan(40);
});

test("the row with the focus stays while others scroll by", async () => {
  const page = await openModels("many-models");
  await page.locator('[data-row="1"] input').focus();
  await page.locator(".scroller").evaluate((element) => element.scrollTo(0, 20_000));
  await page.locator('[data-row="390"]').waitFor();
  await page.locator('[data-row="1"] :focus').waitFor({ state: "attached" });
  await page.keyboard.press("ArrowDown");
  await page.locator('[data-row="2"] :focus').waitFor();
});

test("a model is allowed, starred and copied with keys", async () => {
  const page = await openModels("chosen");
  const claude = row(page, "gpt-5.1");
  expect(await claude.getByRole("switch").getAttribute("aria-checked")).toBe("false");
  await page.locator('[data-row="0"] input').focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Space");
  await claude.locator('[role="switch"][aria-checked="true"]').waitFor();
  await page.getByText("8 of 46 models are allowed").waitFor();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await claude.locator('button[aria-pressed="true"]').waitFor();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await claude.getByRole("status").getByText("Copied").waitFor({ state: "attached" });
});

test("many are forbidden at once, and that is undone", async () => {
  const page = await openModels("chosen");
  await page.getByRole("searchbox").fill("openai");
  await page.getByLabel("Select all").check();
  await page.getByText("19 selected").waitFor();
  await page.getByRole("button", { name: "Forbid" }).click();
  await page.getByText("4 models forbidden.").waitFor();
  await page.getByText("3 of 46 models are allowed").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("7 of 46 models are allowed").waitFor();
});

test("choosing for the first time begins with common models", async () => {
  const page = await openModels("usual");
  expect(await page.getByRole("switch").count()).toBe(1);
  await page.getByText("Only the ones I choose").click();
  await page.getByText("9 common models are chosen to begin with.").waitFor();
  await page.getByText("9 of 46 models are allowed").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Apps may ask for every model").waitFor();
});

test("filters and orders", async () => {
  const page = await openModels("retired");
  await page.getByRole("button", { name: "Makes images" }).click();
  await page.getByText("7 models", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Makes images" }).click();
  await page.getByRole("button", { name: "Allowed only" }).click();
  await page.getByText("8 models", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Credits in / out" }).click();
  await page.locator('[role="columnheader"][aria-sort="ascending"]').waitFor();
  expect(await page.locator('[data-row="0"] code').textContent()).toBe("gpt-4o-mini");
});

test("a retired model gives way to its successor", async () => {
  const page = await openModels("retired");
  await page.getByRole("button", { name: "Use gpt-4.1" }).click();
  await page.getByText("gpt-4.1 is allowed instead of gpt-4-turbo.").waitFor();
  await row(page, "gpt-4.1").locator('[role="switch"][aria-checked="true"]').waitFor();
  await row(page, "gpt-4-turbo").locator('[role="switch"][aria-checked="false"]').waitFor();
});

test("what fails is said, and stays until it is closed", async () => {
  const page = await openModels("everything-fails");
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.getByText("The system said no: operation not permitted.").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await page.locator(".toast").waitFor({ state: "detached" });
});
