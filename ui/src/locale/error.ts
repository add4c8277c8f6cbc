// What a failed command says to the person.

import type { CommandError } from "../contract/CommandError";
import { locale, t } from "./locale.svelte";

/** The shell's sentence; other languages than its own say first what kind of failure it is. */
export function errorText({ kind, message }: CommandError): string {
  return locale.language === "en" ? message : `${t(`error-${kind}`)} ${message}`;
}
