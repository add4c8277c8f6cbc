// Short words on what just happened, at the foot of the window.

/** One of them. */
export interface Toast {
  id: number;
  tone: "good" | "bad";
  text: string;
  /** Takes back what happened. */
  undo?: () => void;
}

const LAST_MS = 5000;

/** Those on show. What went well is gone after five seconds; a failure stays until it is closed. */
export class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 0;
  readonly #timers: Record<number, ReturnType<typeof setTimeout>> = {};

  show(toast: Omit<Toast, "id">) {
    const id = ++this.#next;
    const others = this.list.filter((each) => each.text !== toast.text);
    this.list = [...others, { ...toast, id }].slice(-3);
    this.resume(id);
  }

  close(id: number) {
    this.hold(id);
    this.list = this.list.filter((each) => each.id !== id);
  }

  /** Keeps one as long as a person looks at it. */
  hold(id: number) {
    clearTimeout(this.#timers[id]);
  }

  /** Lets it go again. */
  resume(id: number) {
    const toast = this.list.find((each) => each.id === id);
    if (toast?.tone === "good") this.#timers[id] = setTimeout(() => this.close(id), LAST_MS);
  }
}
