// Pictures of every page in every state, for eyes: `npm run screenshots`, then look at `screenshots/`.

import { mkdirSync } from "node:fs";

import { test } from "vitest";

import { scenes } from "./scenes";
import { type Opening, openWindow, show, useBrowser } from "./window";

useBrowser();

const folder = "screenshots";
interface Look extends Opening {
  /** As high as what is to be seen. */
  isWhole?: boolean;
}

/** Light and dark, small, Russian, at 200 %, and without an end. */
const looks: Record<string, Look> = {
  light: {},
  dark: { theme: "dark" },
  small: { width: 720, height: 520 },
  russian: { language: "ru" },
  "russian-small": { language: "ru", width: 720, height: 520 },
  zoomed: { width: 490, height: 330, context: { deviceScaleFactor: 2 } },
  whole: { isWhole: true },
  "whole-dark-russian": { isWhole: true, theme: "dark", language: "ru" },
};

/** How high the window must be to show all of its page. */
const wholeHeight = () =>
  Math.max(innerHeight, ...Array.from(document.querySelectorAll("main *"), (e) => e.scrollHeight));

test("take pictures", async () => {
  mkdirSync(folder, { recursive: true });
  const only = process.env.ONLY ?? "";
  const shown = scenes.filter(({ name }) => new RegExp(only).test(name));
  for (const [look, { isWhole, ...opening }] of Object.entries(looks)) {
    const { page, close } = await openWindow(opening);
    for (const scene of shown) {
      const { width = 980, height = 660 } = opening;
      await page.setViewportSize({ width, height });
      await show(page, { ...scene.opening, ...opening });
      await scene.prepare?.(page);
      if (isWhole) await page.setViewportSize({ width, height: await page.evaluate(wholeHeight) });
      await page.screenshot({ path: `${folder}/${scene.name}.${look}.png` });
    }
    await close();
  }
});
