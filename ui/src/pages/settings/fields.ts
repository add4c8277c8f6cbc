// Which settings of the relay the window offers, where, and how each is written. The names are the relay's own.

/** How a setting is shown: switched, picked, or typed; `long` ones get a wider field. */
export type Shape =
  | { kind: "switch" }
  | { kind: "pick"; choices: readonly Choice[] }
  | { kind: "number"; unit?: Unit }
  | { kind: "text"; isLong?: true };
export type Choice =
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
  | "disk";
export type Unit = "seconds" | "minutes" | "days" | "mib";

const seconds = { kind: "number", unit: "seconds" } as const;
const mib = { kind: "number", unit: "mib" } as const;
const long = { kind: "text", isLong: true } as const;

/** Each setting that the settings page offers. The chosen models have a page of their own. */
export const shapes = {
  host: { kind: "text" },
  port: { kind: "number" },
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
  unknown_models: { kind: "pick", choices: ["refuse", "ask"] },
  model_aliases: long,
  model_successors: long,
  youtube_once: { kind: "switch" },
  thinking: { kind: "pick", choices: ["separate", "inline", "hidden"] },
  answer_retry: { kind: "switch" },
  keep_responses: { kind: "pick", choices: ["off", "memory", "disk"] },
  speech_model: { kind: "text" },
  transcription_model: { kind: "text" },
  store_url: long,
  results_days: { kind: "number", unit: "days" },
  results_max_mb: mib,
  files_max_mb: mib,
  image_model: { kind: "text" },
  log: { kind: "pick", choices: ["off", "error", "warn", "info", "debug", "trace"] },
} as const satisfies Record<string, Shape>;

export type FieldName = keyof typeof shapes;

/** Groups of a section, each under a title. */
export const generalGroups = {
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
  log: ["log"],
} as const satisfies Record<string, readonly FieldName[]>;

export const serverGroups = {
  address: ["host", "port", "public_url"],
  access: ["require_token", "allowed_hosts", "allowed_origins", "fetch_private"],
  upstream: ["api_url", "asset_url", "proxy", "fetch_through_proxy"],
  patience: ["connect_timeout", "first_byte_timeout", "idle_timeout", "total_timeout", "drain_seconds"],
  size: ["body_max_mb", "bodies_max_mb", "file_max_mb"],
  kept: ["store_url", "results_days", "results_max_mb", "files_max_mb"],
} as const satisfies Record<string, readonly FieldName[]>;
