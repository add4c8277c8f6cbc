// What the window asks of whatever is behind it: the shell (`tauri.ts`), or a stand-in in memory (`fake.ts`).

import type { AddedToken } from "../contract/AddedToken";
import type { AppState } from "../contract/AppState";
import type { BlockedKind } from "../contract/BlockedKind";
import type { BlockedView } from "../contract/BlockedView";
import type { BudgetView } from "../contract/BudgetView";
import type { CommandError } from "../contract/CommandError";
import type { Link } from "../contract/Link";
import type { ModelRow } from "../contract/ModelRow";
import type { Preferences } from "../contract/Preferences";
import type { TokenView } from "../contract/TokenView";
import type { TokenWish } from "../contract/TokenWish";

/** Takes the listener away again. */
export type Unlisten = () => void;

/**
 * Each method is the command of the same name (`setRelay` is `set_relay`), with the same arguments. One that can't be
 * carried out rejects with a `CommandError`.
 */
export interface Backend {
  /** Everything but the lists. */
  getState(): Promise<AppState>;
  /** Calls `listener` with the whole state at each change. */
  onState(listener: (state: AppState) => void): Promise<Unlisten>;

  /** Starts or stops the relay; settles once it runs or stands. */
  setRelay(args: { on: boolean }): Promise<void>;
  /** Keeps another port and moves the relay to it; starts it if it stands. */
  usePort(args: { port: number }): Promise<void>;
  /** Keeps one setting, which takes effect at once. */
  setSetting(args: { name: string; value: string }): Promise<void>;
  /** Puts one setting back to its default. */
  resetSetting(args: { name: string }): Promise<void>;

  /** Has 1min.ai check a key, which costs nothing, and keeps it. */
  setKey(args: { key: string; place: "keyring" | "session" }): Promise<void>;
  /** Forgets the key. */
  removeKey(): Promise<void>;
  /** Has 1min.ai check the stored key again. */
  checkKey(): Promise<void>;

  /** Every model there is, and those chosen that are gone. */
  listModels(): Promise<ModelRow[]>;
  /** Fetches the list from 1min.ai. */
  refreshModels(): Promise<ModelRow[]>;
  /** Adds models to the chosen ones, or takes them out. */
  allowModels(args: { ids: string[]; allowed: boolean }): Promise<void>;
  /** Whether the tray offers a model. */
  setFavourite(args: { id: string; isFavourite: boolean }): Promise<void>;

  /** Every access token, never with its secret. */
  listTokens(): Promise<TokenView[]>;
  /** Makes a token. Its secret is told now, and never again. */
  addToken(args: { wish: TokenWish }): Promise<AddedToken>;
  /** Takes a token back: whoever sends it is refused. */
  revokeToken(args: { id: string }): Promise<void>;
  /** Every budget that is set, with what is spent of it. */
  listBudgets(): Promise<BudgetView[]>;
  /** Web pages and host names that were turned away, the latest first. */
  listBlocked(): Promise<BlockedView[]>;
  /** Lets one of them in from now on. */
  allowBlocked(args: { kind: BlockedKind; name: string }): Promise<void>;

  /** Keeps what the person chose for the application itself. */
  setPreferences(args: { preferences: Preferences }): Promise<void>;
  /** Whether the application starts at login. */
  setStartsAtLogin(args: { on: boolean }): Promise<void>;
  /** Whether the relay answers from the demo. */
  setDemo(args: { on: boolean }): Promise<void>;

  /** Puts a text on the clipboard. */
  copyText(args: { text: string }): Promise<void>;
  /** Opens a place outside the window. */
  openLink(args: { link: Link }): Promise<void>;
}

/** What a rejected command says, whatever was thrown. */
export function asCommandError(thrown: unknown): CommandError {
  if (typeof thrown === "object" && thrown !== null && "kind" in thrown && "message" in thrown) {
    return thrown as CommandError;
  }
  return { kind: "failed", message: thrown instanceof Error ? thrown.message : String(thrown) };
}
