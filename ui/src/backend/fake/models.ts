// Models for the fake: some forty as 1min.ai lists them, and as many more as a test wants.

import type { ModelRow } from "../../contract/ModelRow";
import listed from "./models.json";

/** What 1min.ai lists of a model; the rest is the person's choice. */
type Listed = Omit<ModelRow, "is_allowed" | "is_favourite" | "is_retired" | "successor" | "aliases">;

const listedModels = listed as Listed[];

/** `count` models; past the listed ones they are invented, each after a listed one. */
export function makeModels(count: number = listedModels.length): ModelRow[] {
  return Array.from({ length: count }, (_, index) => {
    const model = listedModels[index % listedModels.length] as Listed;
    const round = Math.floor(index / listedModels.length);
    const choice = { is_allowed: true, is_favourite: false, is_retired: false, successor: null, aliases: [] };
    if (round === 0) return { ...model, ...choice };
    return { ...model, ...choice, id: `${model.id}-v${round + 1}`, name: `${model.name} v${round + 1}` };
  });
}

/** A model that was chosen and that 1min.ai no longer lists. */
export const retiredModel: ModelRow = {
  ...(makeModels(1)[0] as ModelRow),
  id: "gpt-4-turbo",
  name: "GPT-4 Turbo",
  context_tokens: 128_000,
  credits_in: 10_000,
  credits_out: 30_000,
  is_retired: true,
  successor: "gpt-4.1",
};
