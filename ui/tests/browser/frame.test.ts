// No page in any state may trouble axe, break the content policy, log an error, or ask the network for anything.

import { AxeBuilder } from "@axe-core/playwright";
import { test } from "vitest";

import { scenes } from "./scenes";
import { openWindow, useBrowser } from "./window";

useBrowser();

const looks = [
  { theme: "light", language: "en" },
  { theme: "dark", language: "ru" },
] as const;

for (const scene of scenes) {
  test.concurrent(`${scene.name} is accessible and keeps to itself`, async ({ expect }) => {
    for (const look of looks) {
      const { page, offences, close } = await openWindow({ ...scene.opening, ...look });
      await scene.prepare?.(page);
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      expect({ look, found, offences }).toEqual({ look, found: [], offences: [] });
      await close();
    }
  });
}
