// A backend in memory: it behaves as the shell does, with no relay behind it. For development and tests.

import type { AddedToken } from "../contract/AddedToken";
import type { AppState } from "../contract/AppState";
import type { BlockedKind } from "../contract/BlockedKind";
import type { BlockedView } from "../contract/BlockedView";
import type { BudgetView } from "../contract/BudgetView";
import type { CommandError } from "../contract/CommandError";
import type { CommandErrorKind } from "../contract/CommandErrorKind";
import type { ModelRow } from "../contract/ModelRow";
import type { Preferences } from "../contract/Preferences";
import type { SettingView } from "../contract/SettingView";
import type { TokenView } from "../contract/TokenView";
import type { TokenWish } from "../contract/TokenWish";
import type { Backend } from "./backend";
import { makeToken } from "./fake/access";
import { type Scenario, type Stage, makeStage } from "./fake/scenario";
import { isTaken } from "./fake/settings";

const TOGGLE_MS = 300;
const KEY_CHECK_MS = 600;
const REFRESH_MS = 600;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function refusal(kind: CommandErrorKind, message: string): CommandError {
  return { kind, message };
}

/** The fake, in one of its situations. */
export class FakeBackend implements Backend {
  /** What was put on the clipboard and what was opened, the latest last. */
  readonly outside: string[] = [];
  readonly #stage: Stage;
  readonly #listeners = new Set<(state: AppState) => void>();

  constructor(scenario: Scenario = "usual", preferences: Partial<Preferences> = {}) {
    this.#stage = makeStage(scenario);
    Object.assign(this.#state.preferences, preferences);
    this.#chooseModels();
  }

  get #state(): AppState {
    return this.#stage.state;
  }

  async getState() {
    await this.#answer("getState");
    return structuredClone(this.#state);
  }

  async onState(listener: (state: AppState) => void) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async setRelay({ on }: { on: boolean }) {
    await this.#answer("setRelay");
    this.#state.relay.state = on ? "starting" : "stopping";
    this.#tell();
    await pause(TOGGLE_MS);
    const holder = this.#state.problems.find((problem) => problem.kind === "port_taken");
    if (on && holder && holder.port === this.#port()) {
      this.#state.relay.state = "stopped";
      this.#tell();
      throw refusal("cannot_listen", `Port ${holder.port} is in use. Stop what uses it, or choose another port.`);
    }
    this.#state.relay.state = on ? "running" : "stopped";
    if (on) this.#solve("port_taken", "start_failed");
    this.#tell();
  }

  async usePort({ port }: { port: number }) {
    await this.#answer("usePort");
    await this.setSetting({ name: "port", value: String(port) });
    this.#solve("port_taken");
    await this.setRelay({ on: true });
  }

  async setSetting({ name, value }: { name: string; value: string }) {
    await this.#answer("setSetting");
    const setting = this.#setting(name);
    if (setting.locked_by) throw refusal("locked", `${setting.locked_by} sets ${name}.`);
    if (!isTaken(name, value)) throw refusal("invalid_value", `${name} can't be "${value}".`);
    if (name === "port" && value === "80") {
      throw refusal("cannot_listen", "Port 80 is for administrators only. Choose one above 1023.");
    }
    setting.value = value;
    if (name === "port") this.#state.relay.base_url = `http://127.0.0.1:${value}/v1`;
    this.#chooseModels();
    this.#tell();
  }

  async resetSetting({ name }: { name: string }) {
    await this.setSetting({ name, value: this.#setting(name).default });
  }

  async setKey({ key, place }: { key: string; place: "keyring" | "session" }) {
    if (!/^[\w-]{8,}$/.test(key)) throw refusal("invalid_key", "That is no key: it has blanks, or is too short.");
    await this.#answer("setKey");
    await pause(KEY_CHECK_MS);
    if (key.startsWith("refused")) throw refusal("key_refused", "1min.ai refuses this key: Invalid API key.");
    const problem = this.#state.key.keyring_problem;
    if (place === "keyring" && problem) throw refusal("keyring_unavailable", problem);
    this.#state.key = { place, last_four: key.slice(-4), check: { kind: "taken" }, keyring_problem: problem };
    this.#solve("key_missing", "key_refused", "keyring_unavailable");
    this.#tell();
  }

  async removeKey() {
    await this.#answer("removeKey");
    const { keyring_problem } = this.#state.key;
    this.#state.key = { place: "none", last_four: "", check: { kind: "not_checked" }, keyring_problem };
    this.#solve("key_refused");
    this.#state.problems.unshift({ kind: "key_missing" });
    this.#tell();
  }

  async checkKey() {
    await this.#answer("checkKey");
    await pause(KEY_CHECK_MS);
    this.#state.key.check = { kind: "taken" };
    this.#solve("key_refused", "unreachable");
    this.#tell();
  }

  async listModels(): Promise<ModelRow[]> {
    await this.#answer("listModels");
    return structuredClone(this.#stage.models);
  }

  async refreshModels(): Promise<ModelRow[]> {
    await this.#answer("refreshModels");
    await pause(REFRESH_MS);
    Object.assign(this.#state.catalog, { is_live: true, problem: null });
    this.#solve("catalog_old", "unreachable");
    this.#tell();
    return this.listModels();
  }

  async allowModels({ ids, allowed }: { ids: string[]; allowed: boolean }) {
    await this.#answer("allowModels");
    const kept = this.#chosen().filter((id) => !ids.includes(id));
    await this.setSetting({ name: "chosen_models", value: [...kept, ...(allowed ? ids : [])].join(",") });
  }

  async setFavourite({ id, isFavourite }: { id: string; isFavourite: boolean }) {
    await this.#answer("setFavourite");
    const others = this.#state.preferences.favourites.filter((each) => each !== id);
    this.#state.preferences.favourites = isFavourite ? [...others, id] : others;
    this.#chooseModels();
    this.#tell();
  }

  async listTokens(): Promise<TokenView[]> {
    await this.#answer("listTokens");
    return structuredClone(this.#stage.tokens);
  }

  async addToken({ wish }: { wish: TokenWish }): Promise<AddedToken> {
    await this.#answer("addToken");
    await pause(TOGGLE_MS);
    const { tokens } = this.#stage;
    if (tokens.some(({ name }) => name === wish.name)) {
      throw refusal("invalid_value", `There is a token ${wish.name} already. Choose another name, or revoke that one.`);
    }
    const added = makeToken(wish, tokens.length);
    tokens.push(added.token);
    if (this.#state.problems.some(({ kind }) => kind === "token_missing")) {
      this.#solve("token_missing");
      await this.setRelay({ on: true });
    }
    return structuredClone(added);
  }

  async revokeToken({ id }: { id: string }) {
    await this.#answer("revokeToken");
    this.#stage.tokens = this.#stage.tokens.filter((token) => token.id !== id);
  }

  async listBudgets(): Promise<BudgetView[]> {
    await this.#answer("listBudgets");
    return structuredClone(this.#stage.budgets);
  }

  async listBlocked(): Promise<BlockedView[]> {
    await this.#answer("listBlocked");
    return structuredClone(this.#stage.blocked);
  }

  async allowBlocked({ kind, name }: { kind: BlockedKind; name: string }) {
    await this.#answer("allowBlocked");
    const setting = kind === "origin" ? "allowed_origins" : "allowed_hosts";
    const allowed = this.#setting(setting).value.split(",").filter(Boolean);
    await this.setSetting({ name: setting, value: [...allowed, name].join(",") });
    this.#stage.blocked = this.#stage.blocked.filter((blocked) => blocked.name !== name);
  }

  async setPreferences({ preferences }: { preferences: Preferences }) {
    await this.#answer("setPreferences");
    this.#state.preferences = structuredClone(preferences);
    this.#tell();
  }

  async setStartsAtLogin({ on }: { on: boolean }) {
    await this.#answer("setStartsAtLogin");
    this.#state.starts_at_login = on;
    this.#tell();
  }

  async setDemo({ on }: { on: boolean }) {
    await this.#answer("setDemo");
    this.#state.relay.is_demo = on;
    if (on) this.#solve("key_missing", "keyring_unavailable");
    else if (this.#state.key.place === "none") this.#state.problems.unshift({ kind: "key_missing" });
    this.#tell();
  }

  async copyText({ text }: { text: string }) {
    await this.#answer("copyText");
    this.outside.push(`copy ${text}`);
  }

  async openLink({ link }: { link: string }) {
    await this.#answer("openLink");
    this.outside.push(`open ${link}`);
  }

  /** What every command does first: it may never answer, or fail. */
  async #answer(command: keyof Backend) {
    await pause(0);
    if (this.#stage.silent.includes(command)) await new Promise(() => {});
    const message = this.#stage.failing[command];
    if (message) throw refusal("failed", message);
  }

  #tell() {
    for (const listener of this.#listeners) listener(structuredClone(this.#state));
  }

  #setting(name: string): SettingView {
    const setting = this.#state.settings.find((each) => each.name === name);
    if (!setting) throw refusal("invalid_value", `There is no setting ${name}.`);
    return setting;
  }

  #port(): number {
    return Number(this.#setting("port").value);
  }

  #chosen(): string[] {
    return this.#setting("chosen_models").value.split(",").filter(Boolean);
  }

  #solve(...kinds: string[]) {
    this.#state.problems = this.#state.problems.filter((problem) => !kinds.includes(problem.kind));
  }

  /** Works out from settings and preferences what the rows and counts say. */
  #chooseModels() {
    const onlyChosen = this.#setting("only_chosen_models").value === "true";
    const chosen = new Set(this.#chosen());
    const favourites = new Set(this.#state.preferences.favourites);
    const aliases = this.#setting("model_aliases")
      .value.split(",")
      .map((pair) => pair.split("="));
    for (const model of this.#stage.models) {
      model.is_allowed = !onlyChosen || chosen.has(model.id);
      model.is_favourite = favourites.has(model.id);
      model.aliases = aliases.flatMap(([alias, id]) => (alias && id === model.id ? [alias] : []));
    }
    const listed = this.#stage.models.filter((model) => !model.is_retired);
    this.#state.catalog.models = listed.length;
    this.#state.catalog.allowed = listed.filter((model) => model.is_allowed).length;
  }
}

/** The fake that the address of the page asks for: `?scenario=demo&theme=dark&language=ru&page=models`. */
export function fakeByAddress(address: URL): FakeBackend {
  const { scenario = "usual", ...preferences } = Object.fromEntries(address.searchParams);
  return new FakeBackend(scenario as Scenario, preferences as Partial<Preferences>);
}
