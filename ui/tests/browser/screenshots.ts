// Pictures of every page in every state, for eyes: `npm run screenshots`, then look at `screenshots/`.

import { mkdirSync } from "node:fs";

import { test } from "vitest";

import { scenes } from "./scenes";
import { openWindow, show, useBrowser } from "./window";

useBrowser();

const folder = "screenshots";
/** Light and dark, small, Russian, and at 200 %. */
const looks = {
  light: {},
  dark: { theme: "dark" },
  small: { width: 720, height: 520 },
  russian: { language: "ru" },
  "russian-small": { language: "ru", width: 720, height: 520 },
  zoomed: { width: 490, height: 330, context: { deviceScaleFactor: 2 } },
} as const;

test("take pictures", async () => {
  mkdirSync(folder, { recursive: true });
  const only = process.env.ONLY ?? "";
  const shown = scenes.filter(({ name }) => new RegExp(only).test(name));
  for (const [look, opening] of Object.entries(looks)) {
    const { page, close } = await openWindow(opening);
    for (const scene of shown) {
      await show(page, { ...scene.opening, ...opening });
      await scene.prepare?.(page);
      await page.screenshot({ path: `${folder}/${scene.name}.${look}.png` });
    }
    await close();
  }
});
