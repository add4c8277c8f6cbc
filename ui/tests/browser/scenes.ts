// Every page in every state: for axe and for pictures.

import type { Page } from "playwright-core";

import type { Opening } from "./window";

/** A state of the window, and how to get there from its opening. */
export interface Scene {
  name: string;
  opening: Opening;
  prepare?: (page: Page) => Promise<void>;
}

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
];
