import { expect, test } from "vitest";

import type { BudgetOwner } from "../../contract/BudgetOwner";
import type { BudgetPeriod } from "../../contract/BudgetPeriod";
import type { BudgetView } from "../../contract/BudgetView";
import { areNamesakes, identityOf } from "./budget";

const budget = (owner: BudgetOwner, period: BudgetPeriod = "day"): BudgetView => ({
  owner,
  period,
  spent: 0,
  reserved: 0,
  limit: 1,
  is_warning: false,
  until_unix_ms: 0,
});

const owners: BudgetOwner[] = [
  { kind: "all" },
  { kind: "tokenless" },
  { kind: "token", id: "t1", name: "ci" },
  { kind: "token", id: "t2", name: "ci" },
  { kind: "token", id: "t3", name: "null" },
  { kind: "token", id: "t4", name: "all" },
  { kind: "key", id: "t1" },
];

test("every budget is told from every other", () => {
  const all = owners.flatMap((owner) => [budget(owner), budget(owner, "month")]);
  expect(new Set(all.map(identityOf)).size).toBe(all.length);
});

test("only two tokens of one name are namesakes", () => {
  const namesakes = owners.filter((owner) =>
    owners.some((other) => areNamesakes(budget(owner), budget(other, "month"))),
  );
  expect(namesakes).toEqual(owners.slice(2, 4));
});
