// One piece of work at a time, as a button or a form shows it.

import { asCommandError } from "../backend/backend";
import type { CommandError } from "../contract/CommandError";

const SHOW_AFTER_MS = 300;
const LEAVE_AFTER_MS = 2000;

/** Work under way: busy at once, shown as such after a moment, and after a while it need not be waited for. */
export class Task {
  /** Whether it is under way. */
  isBusy = $state(false);
  /** Whether it takes long enough to show that. */
  isSlow = $state(false);
  /** Whether it takes long enough to offer not to wait. */
  canBeLeft = $state(false);
  /** Why it failed. */
  error = $state.raw<CommandError | null>(null);
  #round = 0;

  /** Runs `work` and tells whether it succeeded; `false` too if nobody waited to the end. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    const round = ++this.#round;
    this.isBusy = true;
    this.error = null;
    const timers = [
      setTimeout(() => (this.isSlow = true), SHOW_AFTER_MS),
      setTimeout(() => (this.canBeLeft = true), LEAVE_AFTER_MS),
    ];
    let error: CommandError | null = null;
    try {
      await work();
    } catch (thrown) {
      error = asCommandError(thrown);
    } finally {
      timers.forEach(clearTimeout);
    }
    if (round !== this.#round) return false;
    this.error = error;
    this.#rest();
    return error === null;
  }

  /** Stops waiting. What was asked for may still happen. */
  leave() {
    this.#round += 1;
    this.#rest();
  }

  #rest() {
    this.isBusy = this.isSlow = this.canBeLeft = false;
  }
}
