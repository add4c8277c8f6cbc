// Opens the window in Chromium, and watches for what must never happen there.

import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { afterAll, beforeAll, inject } from "vitest";

import type { Scenario } from "../../src/backend/fake/scenario";

/** What a window is opened with. */
export interface Opening {
  scenario?: Scenario;
  page?: string;
  theme?: "light" | "dark";
  language?: "en" | "ru";
  width?: number;
  height?: number;
  context?: BrowserContextOptions;
}

/** A window, and what it did that it must not: errors, forbidden loads, requests elsewhere. */
export interface OpenWindow {
  page: Page;
  offences: string[];
  close: () => Promise<void>;
}

let browser: Browser;

/** Gives a test file its browser. */
export function useBrowser() {
  beforeAll(async () => {
    const name = process.env.BROWSER_BIN ?? "chromium";
    // Chromium's own sandbox does not run as root, which containers are.
    browser = await chromium.launch({ executablePath: await findProgram(name), args: ["--no-sandbox"] });
  });
  afterAll(() => browser.close());
}

async function findProgram(name: string): Promise<string> {
  if (name.includes("/")) return name;
  const { accessSync, constants } = await import("node:fs");
  const { delimiter, join } = await import("node:path");
  const found = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
  const program = found.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!program) throw new Error(`There is no ${name}; name a Chromium in BROWSER_BIN.`);
  return program;
}

/** Opens the window and waits until it shows something. */
export async function openWindow(opening: Opening = {}): Promise<OpenWindow> {
  const viewport = { width: opening.width ?? 980, height: opening.height ?? 660 };
  // Before the first state is there, the window looks and speaks as the system does.
  const system = { colorScheme: opening.theme ?? "light", locale: opening.language ?? "en" } as const;
  const context = await browser.newContext({ viewport, reducedMotion: "reduce", ...system, ...opening.context });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const offences: string[] = [];
  watch(page, offences);
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) => {
      console.error(`policy: ${violatedDirective} ${blockedURI} ${sample}`);
    });
  });
  await show(page, opening);
  return { page, offences, close: () => context.close() };
}

/** Loads the window as an opening says, and waits until it shows something. */
export async function show(page: Page, opening: Opening) {
  const { scenario = "usual", page: place = "home", theme = "light", language = "en" } = opening;
  const query = new URLSearchParams({ scenario, page: place, theme, language });
  await page.goto(`${inject("address")}?${query.toString()}`);
  await page.locator("main").waitFor();
}

/** Notes what a window must not do. */
function watch(page: Page, offences: string[]) {
  const { origin } = new URL(inject("address"));
  const own = new Set(["document", "script", "stylesheet"]);
  page.on("pageerror", (error) => offences.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) offences.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const isOwnFile = request.url().startsWith(`${origin}/`) && own.has(request.resourceType());
    const isIcon = request.url() === `${origin}/icon.svg`;
    if (!isOwnFile && !isIcon && !request.url().startsWith("data:")) offences.push(`request: ${request.url()}`);
  });
}
