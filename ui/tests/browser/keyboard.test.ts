// Everything a person does here works with the keyboard alone.

import type { Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";

import { type OpenWindow, type Opening, openWindow, useBrowser } from "./window";

useBrowser();

let current: OpenWindow | undefined;

async function open(opening: Opening): Promise<Page> {
  current = await openWindow(opening);
  return current.page;
}

afterEach(async () => {
  expect(current?.offences).toEqual([]);
  await current?.close();
});

/** What has the focus, by its accessible name. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body) return "";
    const label =
      element instanceof HTMLInputElement ? element.labels?.[0]?.innerText.split("\n")[0] : element.innerText;
    return (element.getAttribute("aria-label") ?? label ?? "").trim();
  });

/** What describes the control that has the focus. */
const described = (page: Page) =>
  page.evaluate(() => {
    const ids = document.activeElement?.getAttribute("aria-describedby")?.split(" ") ?? [];
    return ids.map((id) => document.getElementById(id)?.innerText).join(" ");
  });

/** Presses Tab until something has the focus, and sees that the focus is visible there. */
async function tabTo(page: Page, name: string | RegExp) {
  const seen: string[] = [];
  for (let press = 0; press < 80; press++) {
    await page.keyboard.press("Tab");
    const here = await focused(page);
    seen.push(here);
    if (typeof name === "string" ? here === name : name.test(here)) {
      const isVisible = await page.evaluate(() => {
        const element = document.activeElement;
        const shown = element?.matches('input[type="radio"]') ? (element.closest("label") ?? element) : element;
        return [element, shown].some((each) => each && getComputedStyle(each).outlineStyle !== "none");
      });
      expect(isVisible, `focus on ${here}`).toBe(true);
      return;
    }
  }
  throw new Error(`Tab never reaches ${name}, only ${[...new Set(seen)].join(", ")}`);
}

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name }).waitFor();

test("the first start, from the key to the end", async () => {
  const page = await open({ scenario: "first-start" });
  await page.getByRole("dialog").waitFor();
  await expect.poll(() => focused(page)).toBe("1min.ai key");
  await page.keyboard.type("made-up-key-1234");
  await page.keyboard.press("Enter");
  await page.getByText("Step 2 of 3").waitFor();
  await expect.poll(() => focused(page)).toBe("All models");
  await page.keyboard.press("ArrowRight");
  await tabTo(page, "DeepSeek V3.2 Chat");
  await page.keyboard.press("Space");
  await tabTo(page, "Next");
  await page.keyboard.press("Enter");
  await page.getByText("Step 3 of 3").waitFor();
  await expect.poll(() => focused(page)).toBe("Start at login");
  await page.keyboard.press("Space");
  await page.locator('[role="switch"][aria-checked="true"][aria-label="Start at login"]').waitFor();
  await tabTo(page, "Done");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByText("Key ending in 1234 in the system keyring").waitFor();
  await page.getByText("8 of 46 models are allowed").waitFor();
  expect(await page.getByRole("heading", { name: "Set up" }).count()).toBe(0);
});

test("the demo instead of a key, and back out of it", async () => {
  const page = await open({ scenario: "first-start" });
  await tabTo(page, "Try the demo instead");
  await page.keyboard.press("Enter");
  await page.getByText("Step 2 of 3").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByText("Demo: the answers are canned").waitFor();
  await tabTo(page, "Leave the demo");
  await page.keyboard.press("Enter");
  await page.getByText("No 1min.ai key yet").waitFor();
});

test("a key that is refused, then one that is taken, then none", async () => {
  const page = await open({ scenario: "no-key" });
  await tabTo(page, "Add key");
  await page.keyboard.press("Enter");
  await heading(page, "Settings");
  await expect.poll(() => focused(page)).toBe("1min.ai key");
  await page.keyboard.type("refused-key-1234");
  await page.keyboard.press("Enter");
  await page.locator(".error").getByText("1min.ai refuses this key: Invalid API key.").waitFor();
  await expect.poll(() => focused(page)).toBe("1min.ai key");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("made-up-key-9876");
  await page.keyboard.press("Enter");
  await page.getByText("Key ending in 9876").waitFor();
  expect(await page.content()).not.toContain("made-up-key");
  await page.keyboard.press("Control+1");
  await heading(page, "Home");
  await tabTo(page, "Manage");
  await page.keyboard.press("Enter");
  await tabTo(page, "Remove");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await expect.poll(() => focused(page)).toBe("Cancel");
  await page.keyboard.press("Escape");
  await expect.poll(() => focused(page)).toBe("Remove");
  await page.keyboard.press("Enter");
  await tabTo(page, "Remove");
  await page.keyboard.press("Enter");
  await page.getByText("Add your key").waitFor();
});

test("switching the relay off and on", async () => {
  const page = await open({});
  await tabTo(page, "Relay");
  await page.keyboard.press("Space");
  await page.getByText("Stopping").first().waitFor();
  await page.getByText("Apps get no answer until you start it.").waitFor();
  await tabTo(page, "Relay");
  await page.keyboard.press("Space");
  await page.getByText("Apps on this machine can use your 1min.ai account.").waitFor();
});

test("a taken port is solved by the free one", async () => {
  const page = await open({ scenario: "port-taken" });
  await tabTo(page, "Use port 5002");
  await page.keyboard.press("Enter");
  await page.getByText("http://127.0.0.1:5002/v1").waitFor();
  await page.getByText("Apps on this machine can use your 1min.ai account.").waitFor();
  expect(await page.getByText("Needs attention").count()).toBe(0);
});

test("changing the port: refused, taken back, kept, reset, undone", async () => {
  const page = await open({ page: "settings/server" });
  await tabTo(page, "Port");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("70000");
  await page.keyboard.press("Enter");
  await page.locator(".error").getByText("It must be a port from 1 to 65535").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".error").waitFor({ state: "detached" });
  await page.keyboard.press("Control+a");
  await page.keyboard.type("80");
  await page.keyboard.press("Enter");
  await page.locator(".error").getByText("Port 80 is for administrators only.").waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("5010");
  await page.keyboard.press("Enter");
  await page.getByText("Saved").first().waitFor({ state: "attached" });
  await page.keyboard.press("Shift+Tab");
  expect(await focused(page)).toBe("Back to the default: Port");
  await page.keyboard.press("Enter");
  await page.getByText("Port is back to its default.").waitFor();
  expect(await page.getByLabel("Port", { exact: true }).inputValue()).toBe("5001");
  await tabTo(page, "Undo");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.getByLabel("Port", { exact: true }).inputValue()).toBe("5010");
});

test("a token: made, copied, and taken back", async () => {
  const page = await open({ page: "settings/tokens" });
  await tabTo(page, "Add token");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("Name");
  await page.keyboard.type("Cline");
  await tabTo(page, /^Ends/);
  await page.keyboard.press("Enter");
  await page.getByRole("option", { name: "In 30 days" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await tabTo(page, "All models");
  await page.keyboard.press("ArrowRight");
  // Without a model it can't be made.
  expect(await page.getByRole("button", { name: "Make token" }).isDisabled()).toBe(true);
  await tabTo(page, "Search models");
  await page.keyboard.type("haiku");
  await tabTo(page, /Haiku/);
  await page.keyboard.press("Space");
  await tabTo(page, "Credits a day");
  await page.keyboard.type("many");
  expect(await page.getByRole("button", { name: "Make token" }).isDisabled()).toBe(true);
  await page.getByText("It must be a number from 0 to 1000000000000").waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("500");
  await page.keyboard.press("Enter");
  await page.getByText("Copy it now: it is not shown again.").waitFor();
  await expect.poll(() => focused(page)).toBe("Copy the token");
  await page.keyboard.press("Enter");
  await page.getByText("Copied").first().waitFor();
  // Nobody loses it by a click beside the sheet.
  await page.mouse.click(5, 5);
  await page.getByText("Copy it now: it is not shown again.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await expect.poll(() => focused(page)).toBe("Add token");
  await page.getByText(/^1\smodel\s· 500\scredits\sa\sday\s· made\son\s.*\s· ends\son\sApr\s29,\s2026$/).waitFor();
  expect(await page.content()).not.toContain("1mr-");
  await tabTo(page, "Revoke Cline");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("Cancel");
  await tabTo(page, "Revoke");
  await page.keyboard.press("Enter");
  await page.getByText("Cline is revoked.").waitFor();
  await page.getByText("There is no token yet.").waitFor();
});

test("whoever revokes the last token that is needed is told so", async () => {
  const page = await open({ scenario: "locked", page: "settings/tokens" });
  for (const name of ["Cline", "Jan"]) {
    await tabTo(page, "Add token");
    await page.keyboard.press("Enter");
    await expect.poll(() => focused(page)).toBe("Name");
    await page.keyboard.type(name);
    await page.keyboard.press("Enter");
    await page.getByText("Copy it now").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }
  const last = page.getByText("It is the last token");
  await tabTo(page, "Revoke Cline");
  await page.keyboard.press("Enter");
  await page.getByText("Revoke Cline?").waitFor();
  expect(await last.count()).toBe(0);
  await tabTo(page, "Revoke");
  await page.keyboard.press("Enter");
  await page.getByText("Cline is revoked.").waitFor();
  await tabTo(page, "Revoke Jan");
  await page.keyboard.press("Enter");
  await last.waitFor();
});

test("a relay that waits for a token starts with it", async () => {
  const page = await open({ scenario: "token-missing" });
  await tabTo(page, "Add a token");
  await page.keyboard.press("Enter");
  await heading(page, "Settings");
  await tabTo(page, "Add token");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("Name");
  await page.keyboard.type("laptop");
  await page.keyboard.press("Enter");
  await page.getByText("Copy it now").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+1");
  await page.getByText("Apps on this machine can use your 1min.ai account.").waitFor();
  expect(await page.getByText("Needs attention").count()).toBe(0);
});

test("a shared token can't be revoked here, and a name is not given twice", async () => {
  const page = await open({ scenario: "team", page: "settings/tokens" });
  await page.getByText("Shared file").waitFor();
  expect(await page.getByRole("button", { name: "Revoke ci" }).count(), "only the one that is not shared").toBe(1);
  await tabTo(page, "Add token");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("Name");
  await page.keyboard.type("ci");
  await page.keyboard.press("Enter");
  await page.locator(".error").getByText("There is a token ci already.").waitFor();
});

test("what was turned away is let in", async () => {
  const page = await open({ scenario: "team", page: "settings/server" });
  await page.getByText("A web page; 14 times, last on").waitFor();
  await tabTo(page, "Allow https://chat.example.com");
  expect(await described(page)).toContain("spend your credits unless a token is required");
  await page.keyboard.press("Enter");
  await page.getByText("https://chat.example.com is allowed.").waitFor();
  expect(await page.locator("#field-allowed_origins").inputValue()).toBe("https://chat.example.com");
  await page.getByRole("button", { name: "Allow https://chat.example.com" }).waitFor({ state: "detached" });
  await tabTo(page, "Allow relay.lan");
  expect(await described(page)).toContain("whoever controls the DNS of that name");
});

test("budgets tell what is spent of them", async () => {
  const page = await open({ scenario: "team", page: "settings/limits" });
  const meter = page.getByRole("meter", { name: "All apps, this month" });
  expect(await meter.getAttribute("aria-valuetext")).toBe("871,250 of 1,000,000 credits.");
  await page.getByText("Nearly spent").waitFor();
  for (const id of ["41d7f2", "aa3be5"]) await page.getByRole("meter", { name: `Token ci (${id}), today` }).waitFor();
  await page.getByRole("meter", { name: "Token cline-laptop, today" }).waitFor();
});

test("a setting of the environment is locked, with the reason", async () => {
  const page = await open({ scenario: "locked", page: "settings/server" });
  await page.getByText("Set by RELAY_PORT in the environment.").waitFor();
  expect(await page.getByLabel("Port", { exact: true }).isDisabled()).toBe(true);
});

test("pages by number, search by slash", async () => {
  const page = await open({});
  await page.keyboard.press("Control+2");
  await heading(page, "Models");
  await page.getByRole("grid").waitFor();
  await page.keyboard.press("/");
  expect(await focused(page)).toBe("Search models");
  await page.keyboard.type("haiku");
  await page.getByText("1 model", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("46 models", { exact: true }).waitFor();
  await page.keyboard.press("Control+3");
  await heading(page, "Settings");
});

test("theme and language", async () => {
  const page = await open({ page: "settings/appearance" });
  await tabTo(page, "Light");
  await page.keyboard.press("ArrowRight");
  await page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
  await tabTo(page, /^Language/);
  await page.keyboard.press("Enter");
  await page.getByRole("option", { name: "Русский" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await heading(page, "Настройки");
  expect(await page.locator("html").getAttribute("lang")).toBe("ru");
});
