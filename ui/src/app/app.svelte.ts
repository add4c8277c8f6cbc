// What the window knows: the shell's state, the place it shows, and how to ask for changes.

import { createContext } from "svelte";

import { type Backend, asCommandError } from "../backend/backend";
import type { AppState } from "../contract/AppState";
import type { Preferences } from "../contract/Preferences";
import type { SettingView } from "../contract/SettingView";
import { errorText } from "../locale/error";
import { ModelList } from "./models.svelte";
import { type Page, type Place, type Section, readPlace, writePlace } from "./page";
import { Toasts } from "./toasts.svelte";

export class App {
  readonly backend: Backend;
  readonly toasts = new Toasts();
  readonly models: ModelList;
  /** The shell's state, whole and as it last told it. */
  state = $state.raw() as AppState;
  place = $state.raw() as Place;
  /** The setting or field that wants the focus on the page to come. */
  wanted = $state.raw<string | null>(null);
  /** Whether the first-start sheet is open. */
  isSettingUp = $state(false);

  constructor(backend: Backend, first: AppState) {
    this.backend = backend;
    this.state = first;
    this.place = readPlace(first.preferences.page);
    this.models = new ModelList(backend, first);
    const { relay, key, preferences } = first;
    this.isSettingUp = !preferences.is_set_up && key.place === "none" && !relay.is_demo;
  }

  /** Takes a newer state. */
  take(state: AppState) {
    this.state = state;
    this.models.noticeChange(state);
  }

  /** Shows a page, and there a section and a field. */
  go(page: Page, section: Section = this.place.section, wanted: string | null = null) {
    this.place = { page, section };
    this.wanted = wanted;
    const text = writePlace(this.place);
    if (text !== this.state.preferences.page) void this.prefer({ page: text });
  }

  /** Does something whose failure the person must hear of. Tells whether it went well. */
  async act(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (thrown) {
      this.toasts.show({ tone: "bad", text: errorText(asCommandError(thrown)) });
      return false;
    }
  }

  prefer(change: Partial<Preferences>): Promise<boolean> {
    return this.act(() => this.backend.setPreferences({ preferences: { ...this.state.preferences, ...change } }));
  }

  setting(name: string): SettingView | undefined {
    return this.state.settings.find((setting) => setting.name === name);
  }

  /** Whether only chosen models may be asked. */
  get onlyChosen(): boolean {
    return this.setting("only_chosen_models")?.value === "true";
  }
}

export const [getApp, setApp] = createContext<App>();
