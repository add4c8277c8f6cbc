// What a token may do and until when, in one line of words.

import type { TokenLimits } from "../../../contract/TokenLimits";
import type { TokenView } from "../../../contract/TokenView";
import { formatDayOf } from "../../../locale/format";
import { t } from "../../../locale/locale.svelte";

/** The limits that a token may have of its own, in the order they are shown. */
export const limitNames = [
  "requests_per_minute",
  "concurrent_requests",
  "credits_per_day",
  "credits_per_month",
] as const satisfies readonly (keyof TokenLimits)[];

export function describeToken({ models, limits, created_unix_ms, expires_unix_ms, is_expired }: TokenView): string {
  const own = limitNames.flatMap((name) => {
    const count = limits[name];
    return count === null ? [] : [t(`token-has-${name}`, { count })];
  });
  const until = expires_unix_ms === null ? [] : [formatDayOf(expires_unix_ms)];
  const parts = [
    models === null ? t("token-all-models") : t("token-models", { count: models.length }),
    ...own,
    t("token-made", { day: formatDayOf(created_unix_ms) }),
    ...until.map((day) => (is_expired ? t("token-ended", { day }) : t("token-ends", { day }))),
  ];
  // A line ends between them, not in the middle of a date.
  return parts.map((part) => part.replaceAll(" ", "\u00a0")).join("\u00a0· ");
}
