// The change of one setting: on its way, kept, or refused.

import type { App } from "../../app/app.svelte";
import { asCommandError } from "../../backend/backend";
import type { CommandError } from "../../contract/CommandError";
import { errorText } from "../../locale/error";
import { t } from "../../locale/locale.svelte";
import type { FieldName } from "./fields";

const SAY_MS = 2000;

export class SettingEdit {
  /** Whether it was kept a moment ago. */
  isSaved = $state(false);
  #error = $state.raw<CommandError | null>(null);
  readonly #app: App;
  readonly #name: FieldName;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(app: App, name: FieldName) {
    this.#app = app;
    this.#name = name;
  }

  /** Why the last change was refused, and what is allowed. */
  get error(): string | null {
    if (!this.#error) return null;
    return this.#error.kind === "invalid_value" ? t(`setting-${this.#name}.allowed`) : errorText(this.#error);
  }

  /** Keeps a value. Tells whether it was kept. */
  async save(value: string): Promise<boolean> {
    const { backend } = this.#app;
    return this.#change(() => backend.setSetting({ name: this.#name, value }));
  }

  /** Goes back to the default; for five seconds that can be undone. */
  async reset() {
    const { backend, toasts } = this.#app;
    const before = this.#app.setting(this.#name)?.value ?? "";
    if (!(await this.#change(() => backend.resetSetting({ name: this.#name })))) return;
    const text = t("setting-is-reset", { name: t(`setting-${this.#name}`) });
    toasts.show({ tone: "good", text, undo: () => void this.save(before) });
  }

  async #change(work: () => Promise<void>): Promise<boolean> {
    this.#error = null;
    this.isSaved = false;
    clearTimeout(this.#timer);
    try {
      await work();
    } catch (thrown) {
      this.#error = asCommandError(thrown);
      return false;
    }
    this.isSaved = true;
    this.#timer = setTimeout(() => (this.isSaved = false), SAY_MS);
    return true;
  }
}
