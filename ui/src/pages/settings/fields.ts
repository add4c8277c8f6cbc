// Which settings of the relay the window offers, where, and how each is written. The names are the relay's own.

import type { Section } from "../../app/page";

/** How a setting is shown: switched, picked, or typed; `long` ones get a wider field. */
export type Shape =
  | { kind: "switch" }
  | { kind: "pick"; choices: readonly Choice[] }
  | { kind: "number"; unit?: Unit }
  | { kind: "text"; isLong?: true };
/** What may be picked: the relay's word, and the one of the texts. */
export interface Choice {
  value: string;
  word: Word;
}
export type Word =
  | "refuse"
  | "ask"
  | "separate"
  | "inline"
  | "hidden"
  | "error"
  | "warn"
  | "info"
  | "debug"
  | "trace"
  | "off"
  | "memory"
  | "disk"
  | "nobody"
  | "loopback"
  | "network";
export type Unit = "seconds" | "minutes" | "days" | "mib" | "percent";

/** Picked among words that are the relay's own. */
const pick = (...words: Word[]): Shape => ({ kind: "pick", choices: words.map((word) => ({ value: word, word })) });
const seconds = { kind: "number", unit: "seconds" } as const;
const mib = { kind: "number", unit: "mib" } as const;
const days = { kind: "number", unit: "days" } as const;
const number = { kind: "number" } as const;
const long = { kind: "text", isLong: true } as const;

/** Each setting that the settings page offers. The chosen models have a page of their own. */
export const shapes = {
  host: { kind: "text" },
  port: number,
  require_token: { kind: "switch" },
  allowed_hosts: long,
  allowed_origins: long,
  public_url: long,
  api_url: long,
  asset_url: long,
  proxy: long,
  connect_timeout: seconds,
  first_byte_timeout: seconds,
  idle_timeout: seconds,
  total_timeout: seconds,
  drain_seconds: seconds,
  body_max_mb: mib,
  bodies_max_mb: mib,
  file_max_mb: mib,
  fetch_private: long,
  fetch_through_proxy: { kind: "switch" },
  catalog_refresh_minutes: { kind: "number", unit: "minutes" },
  unknown_models: pick("refuse", "ask"),
  model_aliases: long,
  model_successors: long,
  youtube_once: { kind: "switch" },
  thinking: pick("separate", "inline", "hidden"),
  answer_retry: { kind: "switch" },
  keep_responses: pick("off", "memory", "disk"),
  speech_model: { kind: "text" },
  transcription_model: { kind: "text" },
  store_url: long,
  results_days: days,
  results_max_mb: mib,
  files_max_mb: mib,
  image_model: { kind: "text" },
  requests_per_minute: number,
  caller_requests_per_minute: number,
  concurrent_requests: number,
  caller_concurrent_requests: number,
  queue_length: number,
  queue_seconds: seconds,
  credits_per_day: number,
  credits_per_month: number,
  caller_credits_per_day: number,
  caller_credits_per_month: number,
  budget_warning_percent: { kind: "number", unit: "percent" },
  time_zone: { kind: "text" },
  memcached_servers: long,
  memcached_port: number,
  tokens_file: long,
  usage_days: days,
  metrics: {
    kind: "pick",
    choices: [
      { value: "off", word: "nobody" },
      { value: "loopback", word: "loopback" },
      { value: "network", word: "network" },
    ],
  },
  log: pick("off", "error", "warn", "info", "debug", "trace"),
} as const satisfies Record<string, Shape>;

export type FieldName = keyof typeof shapes;

/** The groups of each section, each under a title. */
export const groups = {
  general: {
    models: [
      "catalog_refresh_minutes",
      "unknown_models",
      "model_aliases",
      "model_successors",
      "image_model",
      "speech_model",
      "transcription_model",
    ],
    answers: ["youtube_once", "thinking", "answer_retry", "keep_responses"],
  },
  server: {
    address: ["host", "port", "public_url"],
    access: ["allowed_hosts", "allowed_origins", "fetch_private"],
    patience: ["connect_timeout", "first_byte_timeout", "idle_timeout", "total_timeout", "drain_seconds"],
    size: ["body_max_mb", "bodies_max_mb", "file_max_mb"],
  },
  tokens: { tokens: ["require_token", "tokens_file"] },
  limits: {
    requests: [
      "requests_per_minute",
      "caller_requests_per_minute",
      "concurrent_requests",
      "caller_concurrent_requests",
      "queue_length",
      "queue_seconds",
    ],
    budgets: [
      "credits_per_day",
      "credits_per_month",
      "caller_credits_per_day",
      "caller_credits_per_month",
      "budget_warning_percent",
      "time_zone",
    ],
  },
  sharing: {
    memcached: ["memcached_servers", "memcached_port"],
    kept: ["store_url", "results_days", "results_max_mb", "files_max_mb"],
  },
  proxy: { proxy: ["proxy", "fetch_through_proxy"] },
  advanced: {
    upstream: ["api_url", "asset_url"],
    figures: ["usage_days", "metrics"],
    log: ["log"],
  },
} as const satisfies Partial<Record<Section, Record<string, readonly FieldName[]>>>;
