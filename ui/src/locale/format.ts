// Numbers and dates as the language now writes them.

import { locale } from "./locale.svelte";

/** A number as the language writes it. */
export function formatNumber(value: number, options?: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat(locale.language, options).format(value);
}

/** A day, `YYYY-MM-DD`, as the language writes it. */
export function formatDay(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return day;
  return new Intl.DateTimeFormat(locale.language, { dateStyle: "long", timeZone: "UTC" }).format(date);
}

/** Tokens, short: `128K`, `1M`. */
export function formatTokens(tokens: number | null): string {
  return tokens === null ? "–" : formatNumber(tokens, { notation: "compact", maximumFractionDigits: 1 });
}

/** Credits for prompt and answer: `150 / 600`. */
export function formatCredits(input: number | null, output: number | null): string {
  if (input === null && output === null) return "–";
  return [input, output].map((credits) => (credits === null ? "–" : formatNumber(credits))).join(" / ");
}

/** The day of a moment, in milliseconds since 1970, where the person is. */
export function formatDayOf(unixMs: number): string {
  return new Intl.DateTimeFormat(locale.language, { dateStyle: "medium" }).format(unixMs);
}

/** A moment, in milliseconds since 1970, where the person is. */
export function formatMoment(unixMs: number): string {
  return new Intl.DateTimeFormat(locale.language, { dateStyle: "medium", timeStyle: "short" }).format(unixMs);
}
