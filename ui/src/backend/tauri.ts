// The shell as backend. The only file that knows Tauri.

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { AppState } from "../contract/AppState";
import type { Backend } from "./backend";

export const backend: Backend = {
  getState: () => invoke("get_state"),
  onState: (listener) => listen<AppState>("state", (event) => listener(event.payload)),

  setRelay: (args) => invoke("set_relay", args),
  usePort: (args) => invoke("use_port", args),
  setSetting: (args) => invoke("set_setting", args),
  resetSetting: (args) => invoke("reset_setting", args),

  setKey: (args) => invoke("set_key", args),
  removeKey: () => invoke("remove_key"),
  checkKey: () => invoke("check_key"),

  listModels: () => invoke("list_models"),
  refreshModels: () => invoke("refresh_models"),
  allowModels: (args) => invoke("allow_models", args),
  setFavourite: (args) => invoke("set_favourite", args),

  listTokens: () => invoke("list_tokens"),
  addToken: (args) => invoke("add_token", args),
  revokeToken: (args) => invoke("revoke_token", args),
  listBudgets: () => invoke("list_budgets"),
  listBlocked: () => invoke("list_blocked"),
  allowBlocked: (args) => invoke("allow_blocked", args),

  setPreferences: (args) => invoke("set_preferences", args),
  setStartsAtLogin: (args) => invoke("set_starts_at_login", args),
  setDemo: (args) => invoke("set_demo", args),

  copyText: (args) => invoke("copy_text", args),
  openLink: (args) => invoke("open_link", args),
};
