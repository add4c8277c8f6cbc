// The choice of models at the first start, before it is kept.

import type { App } from "../../app/app.svelte";
import { suggestModels } from "../../app/selection";

export class ModelChoice {
  mode = $state.raw<"all" | "chosen">("all");
  /** Suggested models that the person does not want. */
  unwanted = $state.raw<readonly string[]>([]);
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
    this.mode = app.onlyChosen ? "chosen" : "all";
  }

  get suggested() {
    return suggestModels(this.#app.models.rows ?? []);
  }

  want(id: string, isWanted: boolean) {
    const others = this.unwanted.filter((each) => each !== id);
    this.unwanted = isWanted ? others : [...others, id];
  }

  /** Keeps it: first the models, so that at no time none is allowed. */
  async keep() {
    const { backend } = this.#app;
    const ids = this.suggested.map(({ id }) => id).filter((id) => !this.unwanted.includes(id));
    if (this.mode === "chosen" && ids.length > 0) await backend.allowModels({ ids, allowed: true });
    await backend.setSetting({ name: "only_chosen_models", value: String(this.mode === "chosen") });
  }
}
