// The settings of the fake: their defaults, and which values it refuses.

import type { SettingView } from "../../contract/SettingView";

const isBetween = (least: number, most: number) => (value: string) =>
  /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
const isOneOf =
  (...words: string[]) =>
  (value: string) =>
    words.includes(value);
const isList = (item: RegExp) => (value: string) =>
  value === "" || value.split(",").every((part) => item.test(part.trim()));
const isTruth = isOneOf("true", "false");
const isSeconds = isBetween(1, 86_400);
const isRequests = isBetween(0, 1_000_000_000);
const isCredits = isBetween(0, 1_000_000_000_000);
const isAnything = () => true;

interface Rule {
  default: string;
  takes: (value: string) => boolean;
}

const rules: Record<string, Rule> = {
  host: { default: "localhost", takes: (value) => value === "localhost" || /^[\d.]{7,}$|^[\da-f:]{2,}$/i.test(value) },
  port: { default: "5001", takes: isBetween(0, 65_535) },
  api_url: { default: "https://api.1min.ai", takes: (value) => /^https?:\/\/./.test(value) },
  asset_url: { default: "", takes: (value) => value === "" || /^https?:\/\/./.test(value) },
  proxy: { default: "", takes: (value) => value === "" || /^(https?|socks5h?):\/\/./.test(value) },
  connect_timeout: { default: "10", takes: isSeconds },
  first_byte_timeout: { default: "180", takes: isSeconds },
  idle_timeout: { default: "120", takes: isSeconds },
  total_timeout: { default: "600", takes: isSeconds },
  drain_seconds: { default: "30", takes: isBetween(0, 86_400) },
  body_max_mb: { default: "64", takes: isBetween(1, 1024) },
  bodies_max_mb: { default: "512", takes: isBetween(1, 65_536) },
  file_max_mb: { default: "50", takes: isBetween(1, 1024) },
  fetch_private: { default: "", takes: isList(/^[\da-f.:]+(\/\d{1,3})?$/i) },
  fetch_through_proxy: { default: "false", takes: isTruth },
  allowed_hosts: { default: "", takes: isList(/^[a-z\d.-]+$/i) },
  allowed_origins: { default: "", takes: isList(/^https?:\/\/[^/]+$/) },
  require_token: { default: "false", takes: isTruth },
  only_chosen_models: { default: "false", takes: isTruth },
  chosen_models: { default: "", takes: isAnything },
  model_aliases: { default: "", takes: isList(/^[^=]+=[^=]+$/) },
  model_successors: { default: "", takes: isList(/^[^=]+=[^=]+$/) },
  unknown_models: { default: "refuse", takes: isOneOf("refuse", "ask") },
  catalog_refresh_minutes: { default: "60", takes: isBetween(0, 10_080) },
  youtube_once: { default: "true", takes: isTruth },
  thinking: { default: "separate", takes: isOneOf("separate", "inline", "hidden") },
  answer_retry: { default: "true", takes: isTruth },
  keep_responses: { default: "memory", takes: isOneOf("off", "memory", "disk") },
  store_url: { default: "", takes: isAnything },
  results_days: { default: "7", takes: isBetween(1, 3650) },
  results_max_mb: { default: "2048", takes: isBetween(1, 1_048_576) },
  files_max_mb: { default: "10240", takes: isBetween(1, 1_048_576) },
  speech_model: { default: "tts-1", takes: isAnything },
  transcription_model: { default: "whisper-1", takes: isAnything },
  public_url: { default: "", takes: (value) => value === "" || /^https?:\/\/./.test(value) },
  image_model: { default: "gpt-image-1-mini", takes: isAnything },
  requests_per_minute: { default: "180", takes: isRequests },
  caller_requests_per_minute: { default: "0", takes: isRequests },
  concurrent_requests: { default: "0", takes: isRequests },
  caller_concurrent_requests: { default: "0", takes: isRequests },
  queue_length: { default: "100", takes: isBetween(0, 100_000) },
  queue_seconds: { default: "30", takes: isSeconds },
  credits_per_day: { default: "0", takes: isCredits },
  credits_per_month: { default: "0", takes: isCredits },
  caller_credits_per_day: { default: "0", takes: isCredits },
  caller_credits_per_month: { default: "0", takes: isCredits },
  budget_warning_percent: { default: "80", takes: isBetween(0, 100) },
  time_zone: { default: "", takes: (value) => value === "" || /^(UTC|[A-Z][A-Za-z_]+(\/[A-Za-z_+-]+)+)$/.test(value) },
  memcached_servers: { default: "", takes: isList(/^[\w.:[\]-]+$/) },
  memcached_port: { default: "11211", takes: isBetween(1, 65_535) },
  tokens_file: { default: "", takes: isAnything },
  usage_days: { default: "90", takes: isBetween(1, 3650) },
  metrics: { default: "off", takes: isOneOf("off", "loopback", "network") },
  log: { default: "info", takes: (value) => /^[a-z0-9_:=,-]+$/.test(value) },
};

/** Every setting at its default. */
export function defaultSettings(): SettingView[] {
  return Object.entries(rules).map(([name, rule]) => ({
    name,
    value: rule.default,
    default: rule.default,
    locked_by: null,
  }));
}

/** Whether a setting may have this value. */
export function isTaken(name: string, value: string): boolean {
  return rules[name]?.takes(value) ?? false;
}
