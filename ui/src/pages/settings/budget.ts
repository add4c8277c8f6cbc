// Which budget is which.

import type { BudgetView } from "../../contract/BudgetView";

/** What no other budget has. A name won't do: a file and the database may each have a token of one name. */
export function identityOf({ owner, period }: BudgetView): string {
  return [owner.kind, period, "id" in owner ? owner.id : ""].join(" ");
}

/** Whether they are of two tokens that have one name. */
export function areNamesakes({ owner: one }: BudgetView, { owner: other }: BudgetView): boolean {
  return one.kind === "token" && other.kind === "token" && one.name === other.name && one.id !== other.id;
}
