// No page in any state may trouble axe, break the content policy, log an error, or ask the network for anything.

import { AxeBuilder } from "@axe-core/playwright";
import { test } from "vitest";

import { scenes } from "./scenes";
import { openWindow, show, useBrowser } from "./window";

useBrowser();

const looks = [
  { theme: "light", language: "en" },
  { theme: "dark", language: "ru" },
] as const;

test.concurrent.for(looks)(
  "every state is accessible and keeps to itself: %o",
  { timeout: 300_000 },
  async (look, { expect }) => {
    const { page, offences, close } = await openWindow(look);
    const found: string[] = [];
    for (const { name, opening, prepare } of scenes) {
      await show(page, { ...opening, ...look });
      await prepare?.(page);
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
      found.push(...violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ html }) => html).join(" ")}`));
      found.push(...offences.splice(0).map((offence) => `${name}: ${offence}`));
    }
    expect(found).toEqual([]);
    await close();
  },
);
