// A list of the shell's that changes by itself: asked for again and again while it is on show.

import { asCommandError } from "../backend/backend";
import type { CommandError } from "../contract/CommandError";

const AGAIN_MS = 2000;

export class Poll<T> {
  /** What was answered last; nothing before the first answer. */
  value = $state.raw<T | null>(null);
  /** Why the last question was not answered. */
  error = $state.raw<CommandError | null>(null);
  readonly #ask: () => Promise<T>;
  #round = 0;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  /** Asks once. Of two answers the later question's counts. */
  async load() {
    const round = ++this.#round;
    try {
      const value = await this.#ask();
      if (round !== this.#round) return;
      this.error = null;
      // What has not changed is not drawn anew.
      if (JSON.stringify(value) !== JSON.stringify(this.value)) this.value = value;
    } catch (thrown) {
      if (round === this.#round) this.error = asCommandError(thrown);
    }
  }

  /** Asks again and again, until the function it gives is called. */
  keep(): () => void {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      await this.load();
      if (!isOver) timer = setTimeout(() => void ask(), AGAIN_MS);
    };
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }
}
