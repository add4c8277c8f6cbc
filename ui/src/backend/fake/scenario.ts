// The situations the fake can begin in, by name: `?scenario=port-taken`.

import type { AppState } from "../../contract/AppState";
import type { BlockedView } from "../../contract/BlockedView";
import type { BudgetView } from "../../contract/BudgetView";
import type { ModelRow } from "../../contract/ModelRow";
import type { TokenView } from "../../contract/TokenView";
import { teamBlocked, teamBudgets, teamTokens } from "./access";
import { makeModels, retiredModel } from "./models";
import { defaultSettings } from "./settings";

/** What a scenario changes. */
export interface Stage {
  state: AppState;
  models: ModelRow[];
  tokens: TokenView[];
  budgets: BudgetView[];
  blocked: BlockedView[];
  /** Commands that never answer. */
  silent: string[];
  /** Commands that fail, with what they say. */
  failing: Record<string, string>;
}

/** The usual day: it runs, with a key, and some models are chosen. */
export function usualStage(): Stage {
  const models = makeModels();
  const state: AppState = {
    relay: { state: "running", base_url: "http://127.0.0.1:5001/v1", is_demo: false, reachable: [], memcached: [] },
    key: { place: "keyring", last_four: "a91f", check: { kind: "taken" }, keyring_problem: null },
    catalog: {
      date: "2026-03-30",
      is_live: true,
      models: models.length,
      allowed: models.length,
      new: ["gpt-5.2", "claude-opus-4-6"],
      retired: [],
      problem: null,
    },
    problems: [],
    settings: defaultSettings(),
    preferences: {
      theme: "system",
      language: "",
      favourites: ["gpt-4o-mini", "claude-sonnet-4-6"],
      is_set_up: true,
      page: "home",
    },
    starts_at_login: false,
    about: {
      version: "0.1.0",
      data_dir: "/home/ada/.local/share/app.oneminrelay.tray",
      log_dir: "/home/ada/.local/share/app.oneminrelay.tray/logs",
      has_tray: true,
    },
  };
  return { state, models, tokens: [], budgets: [], blocked: [], silent: [], failing: {} };
}

const chosen = [
  "gpt-5.2",
  "gpt-5-mini",
  "gpt-4o-mini",
  "claude-sonnet-4-6",
  "gemini-2.5-flash",
  "deepseek-chat",
  "whisper-1",
];

/** Puts a value where a person or a variable would have put it. */
function put(stage: Stage, name: string, value: string, lockedBy: string | null = null) {
  const setting = stage.state.settings.find((each) => each.name === name);
  if (setting) Object.assign(setting, { value, locked_by: lockedBy });
}

function choose(stage: Stage, ids: string[]) {
  put(stage, "only_chosen_models", "true");
  put(stage, "chosen_models", ids.join(","));
}

function withoutKey(stage: Stage) {
  stage.state.key = { place: "none", last_four: "", check: { kind: "not_checked" }, keyring_problem: null };
  stage.state.problems.push({ kind: "key_missing" });
}

const portTaken = { kind: "port_taken", port: 5001, holder: "python3 (pid 4242)", free_port: 5002 } as const;

function stop(stage: Stage) {
  stage.state.relay.state = "stopped";
}

/** A relay that a team uses over the network, with everything this brings. */
function shareWithTeam(stage: Stage) {
  put(stage, "host", "0.0.0.0");
  put(stage, "require_token", "true");
  put(stage, "tokens_file", "/srv/relay/tokens.json");
  put(stage, "credits_per_day", "50000");
  put(stage, "credits_per_month", "1000000");
  put(stage, "memcached_servers", "10.0.0.5,cache.lan:11212");
  stage.state.relay.reachable = [
    "http://192.168.7.20:5001/v1",
    "http://10.8.0.3:5001/v1",
    "http://[fd12:3456:789a:1::20]:5001/v1",
  ];
  stage.state.relay.memcached = [
    { name: "10.0.0.5:11211", is_away: false, problem: null },
    { name: "cache.lan:11212", is_away: true, problem: "no answer within 250 ms" },
  ];
  Object.assign(stage, { tokens: teamTokens(), budgets: teamBudgets(), blocked: teamBlocked() });
}

const scenarios = {
  usual: () => {},
  chosen: (stage) => choose(stage, chosen),
  stopped: stop,
  starting: (stage) => (stage.state.relay.state = "starting"),
  stopping: (stage) => (stage.state.relay.state = "stopping"),
  demo: (stage) => {
    stage.state.key = { place: "none", last_four: "", check: { kind: "not_checked" }, keyring_problem: null };
    stage.state.relay.is_demo = true;
  },
  "first-start": (stage) => {
    withoutKey(stage);
    stage.state.preferences = { ...stage.state.preferences, is_set_up: false, favourites: [] };
  },
  "set-up": (stage) => (stage.state.preferences.is_set_up = false),
  "no-key": withoutKey,
  "key-refused": (stage) => {
    stage.state.key.check = { kind: "refused", words: "Invalid API key." };
    stage.state.problems.push({ kind: "key_refused", words: "Invalid API key." });
  },
  "key-unchecked": (stage) => (stage.state.key.check = { kind: "not_checked" }),
  "key-session": (stage) => (stage.state.key.place = "session"),
  "key-environment": (stage) => (stage.state.key.place = "environment"),
  "keyring-unavailable": (stage) => {
    const reason = "The name org.freedesktop.secrets was not provided by any .service files.";
    withoutKey(stage);
    stage.state.key.keyring_problem = reason;
    stage.state.problems.unshift({ kind: "keyring_unavailable", reason });
  },
  "port-taken": (stage) => {
    stop(stage);
    stage.state.problems.push(portTaken);
  },
  "port-taken-unknown": (stage) => {
    stop(stage);
    stage.state.problems.push({ kind: "port_taken", port: 5001, holder: null, free_port: null });
  },
  "start-failed": (stage) => {
    stop(stage);
    stage.state.problems.push({
      kind: "start_failed",
      message: "192.168.7.20 is not an address of this machine. Choose another in the settings.",
    });
  },
  "token-missing": (stage) => {
    stop(stage);
    put(stage, "host", "0.0.0.0");
    stage.state.problems.push({ kind: "token_missing", host: "0.0.0.0" });
  },
  unreachable: (stage) => {
    stage.state.key.check = { kind: "not_checked" };
    stage.state.problems.push({ kind: "unreachable", words: "api.1min.ai could not be found (DNS)." });
  },
  "every-problem": (stage) => {
    stop(stage);
    stage.state.problems = [
      portTaken,
      { kind: "start_failed", message: "192.168.7.20 is not an address of this machine." },
      { kind: "token_missing", host: "0.0.0.0" },
      { kind: "key_missing" },
      { kind: "key_refused", words: "Invalid API key." },
      { kind: "keyring_unavailable", reason: "No keyring answers." },
      { kind: "unreachable", words: "api.1min.ai could not be found (DNS)." },
      { kind: "catalog_old", date: "2026-01-02" },
      {
        kind: "settings_set_aside",
        moved_to: "/home/ada/.local/share/app.oneminrelay.tray/settings.json.2026-03-30.bad",
      },
    ];
  },
  locked: (stage) => {
    put(stage, "port", "5010", "RELAY_PORT");
    put(stage, "require_token", "true", "RELAY_REQUIRE_TOKEN");
    put(stage, "only_chosen_models", "true", "PERMIT_MODELS_FROM_SUBSET_ONLY");
    put(stage, "chosen_models", chosen.join(","), "SUBSET_OF_ONE_MIN_PERMITTED_MODELS");
    stage.state.relay.base_url = "http://127.0.0.1:5010/v1";
  },
  retired: (stage) => {
    stage.models.unshift(retiredModel);
    stage.state.catalog.retired = [retiredModel.id];
    put(stage, "model_aliases", "fast=gpt-4o-mini,smart=gpt-5.2");
    choose(stage, [retiredModel.id, ...chosen]);
  },
  "none-allowed": (stage) => choose(stage, []),
  "catalog-problem": (stage) => {
    stage.state.catalog = {
      ...stage.state.catalog,
      is_live: false,
      problem: "1min.ai did not answer within 10 seconds.",
    };
  },
  "no-models": (stage) => (stage.models = []),
  "many-models": (stage) => {
    stage.models = makeModels(1000);
    choose(stage, chosen);
  },
  team: shareWithTeam,
  "tokens-loading": (stage) => stage.silent.push("listTokens"),
  "access-failing": (stage) => {
    for (const command of ["listTokens", "listBudgets", "listBlocked", "addToken", "revokeToken", "allowBlocked"]) {
      stage.failing[command] = "/home/ada/relay.sqlite: disk I/O error. Check that its disk is not full.";
    }
  },
  "no-tray": (stage) => (stage.state.about.has_tray = false),
  loading: (stage) => stage.silent.push("getState"),
  "models-loading": (stage) => stage.silent.push("listModels"),
  failing: (stage) => (stage.failing.getState = "The relay's settings could not be read: permission denied."),
  "models-failing": (stage) => (stage.failing.listModels = "1min.ai did not answer within 10 seconds."),
  "everything-fails": (stage) => {
    for (const command of [
      "setRelay",
      "usePort",
      "setStartsAtLogin",
      "refreshModels",
      "copyText",
      "allowModels",
      "setDemo",
    ]) {
      stage.failing[command] = "The system said no: operation not permitted.";
    }
  },
  "slow-check": (stage) => {
    withoutKey(stage);
    stage.silent.push("setKey");
  },
} satisfies Record<string, (stage: Stage) => unknown>;

export type Scenario = keyof typeof scenarios;

/** The names of all scenarios. */
export const scenarioNames = Object.keys(scenarios) as Scenario[];

/** The stage as a scenario sets it. */
export function makeStage(scenario: Scenario): Stage {
  const stage = usualStage();
  scenarios[scenario](stage);
  return stage;
}
