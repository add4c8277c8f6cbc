// The list of models as the window has it.

import { type Backend, asCommandError } from "../backend/backend";
import type { AppState } from "../contract/AppState";
import type { CommandError } from "../contract/CommandError";
import type { ModelRow } from "../contract/ModelRow";

/** What of the state a row depends on. */
function rowsDependOn({ catalog, preferences, settings }: AppState): string {
  const named = settings.filter(({ name }) => name.includes("model")).map(({ value }) => value);
  return JSON.stringify([catalog, preferences.favourites, named]);
}

export class ModelList {
  /** The rows; none before the first answer. */
  rows = $state.raw<ModelRow[] | null>(null);
  /** Why they could not be listed. */
  error = $state.raw<CommandError | null>(null);
  readonly #backend: Backend;
  #seen: string;
  #round = 0;

  constructor(backend: Backend, first: AppState) {
    this.#backend = backend;
    this.#seen = rowsDependOn(first);
  }

  /** Asks for the rows. Of two answers the later question's counts. */
  async load() {
    const round = ++this.#round;
    this.error = null;
    try {
      const rows = await this.#backend.listModels();
      if (round === this.#round) this.rows = rows;
    } catch (thrown) {
      if (round === this.#round) this.error = asCommandError(thrown);
    }
  }

  /** Asks again if a new state says that rows have changed; before anybody looked there is nothing to refresh. */
  noticeChange(state: AppState) {
    const now = rowsDependOn(state);
    const isNew = now !== this.#seen;
    this.#seen = now;
    if (isNew && this.rows) void this.load();
  }
}
