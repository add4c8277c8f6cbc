// The keys that work everywhere in the window.

import type { App } from "../app/app.svelte";
import { pages } from "../app/page";

const isMac = typeof navigator !== "undefined" && navigator.userAgent.includes("Mac");

/** How the key that goes with a number is written. */
export const modifierSign = isMac ? "⌘" : "Ctrl+";

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, [contenteditable]");
}

/** Ctrl or Cmd with a number shows a page, `/` goes to its search. */
export function onShortcut(app: App, event: KeyboardEvent) {
  if (app.isSettingUp || document.querySelector('[role="dialog"], [role="alertdialog"]')) return;
  const page = pages[Number(event.key) - 1];
  if ((isMac ? event.metaKey : event.ctrlKey) && !event.altKey && !event.shiftKey && page) {
    event.preventDefault();
    app.go(page);
  } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !isWriting(event.target)) {
    const search = document.querySelector<HTMLInputElement>('input[type="search"]');
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  }
}
