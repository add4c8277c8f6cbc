// Which models the person looks for, and in what order. Pure.

import type { ModelRow } from "../contract/ModelRow";

/** What a model can do, as the chips of the table say it. */
export const abilities = ["chat", "sees_images", "image", "speech", "transcription"] as const;
export type Ability = (typeof abilities)[number];

export interface Wish {
  /** Words that must all be in name, id, maker or an alias. */
  search: string;
  ability: Ability | null;
  /** Empty for any. */
  maker: string;
  onlyAllowed: boolean;
}

/** The wish that every model meets. */
export const anyModel: Wish = { search: "", ability: null, maker: "", onlyAllowed: false };

export type Order = "listed" | "name" | "context" | "credits";

function can(model: ModelRow, ability: Ability): boolean {
  if (ability === "sees_images") return model.uses.includes("chat") && model.input.includes("image");
  return model.uses.includes(ability);
}

/** The models that meet a wish. */
export function findModels(models: readonly ModelRow[], wish: Wish): ModelRow[] {
  const words = wish.search.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter((model) => {
    const text = [model.name, model.id, model.maker, ...model.aliases].join(" ").toLowerCase();
    return (
      words.every((word) => text.includes(word)) &&
      (wish.ability === null || can(model, wish.ability)) &&
      (wish.maker === "" || model.maker === wish.maker) &&
      (!wish.onlyAllowed || model.is_allowed)
    );
  });
}

/** Numbers up, unknown ones last. */
const byNumber = (a: number | null, b: number | null) => (a ?? Infinity) - (b ?? Infinity) || 0;
const inOrder = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The models in an order; among equals, and as `listed`, as they came. */
export function sortModels(models: readonly ModelRow[], order: Order): ModelRow[] {
  switch (order) {
    case "listed":
      return [...models];
    case "name":
      return [...models].sort((a, b) => inOrder.compare(a.name, b.name));
    case "context":
      return [...models].sort((a, b) => byNumber(b.context_tokens ?? -1, a.context_tokens ?? -1));
    case "credits":
      return [...models].sort((a, b) => byNumber(a.credits_in, b.credits_in));
  }
}

/** Who makes the models, each once, in order. */
export function makersOf(models: readonly ModelRow[]): string[] {
  return [...new Set(models.map(({ maker }) => maker))].filter(Boolean).sort(inOrder.compare);
}

/** Kinds of models that most people start with; of each kind the newest is meant. */
const families = [
  /^gpt-[\d.]+$/,
  /^gpt-[\d.]+-mini$/,
  /^gpt-4o-mini$/,
  /^claude-sonnet-/,
  /^claude-haiku-/,
  /^gemini-[\d.]+-pro(-preview)?$/,
  /^gemini-[\d.]+-flash(-preview)?$/,
  /^mistral-large-/,
  /^deepseek-chat$/,
];

/** Sensible models to begin with. */
export function suggestModels(models: readonly ModelRow[]): ModelRow[] {
  const withoutDate = (id: string) => id.replace(/-\d{8}$/, "");
  return families.flatMap((family) => {
    const members = models.filter(
      ({ id, is_retired, uses }) => !is_retired && uses.includes("chat") && family.test(id),
    );
    return members.sort((a, b) => inOrder.compare(withoutDate(b.id), withoutDate(a.id))).slice(0, 1);
  });
}
