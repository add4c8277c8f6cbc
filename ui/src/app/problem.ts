// Each problem in words, and what mends it.

import type { Problem } from "../contract/Problem";
import { formatDay } from "../locale/format";
import { t } from "../locale/locale.svelte";
import type { Tone } from "../parts/tone";
import type { App } from "./app.svelte";
import type { Section } from "./page";

/** A button that mends a problem. */
export interface Fix {
  label: string;
  /** What it returns settles when it is done; failures tell themselves. */
  run: () => unknown;
}

/** How bad a problem is: whether the relay can answer at all. */
export function toneOf({ kind }: Problem): Tone {
  switch (kind) {
    case "port_taken":
    case "start_failed":
    case "token_missing":
    case "key_refused":
      return "bad";
    case "settings_set_aside":
      return "note";
    default:
      return "warn";
  }
}

/** What happened, and why where that is known. */
export function problemText(problem: Problem): string {
  switch (problem.kind) {
    case "port_taken":
      return problem.holder
        ? t("problem-port_taken-by", { port: String(problem.port), holder: problem.holder })
        : t("problem-port_taken", { port: String(problem.port) });
    case "start_failed":
      return t("problem-start_failed", { message: problem.message });
    case "token_missing":
      return t("problem-token_missing", { host: problem.host });
    case "key_missing":
      return t("problem-key_missing");
    case "key_refused":
      return t("problem-key_refused", { words: problem.words });
    case "keyring_unavailable":
      return t("problem-keyring_unavailable", { reason: problem.reason });
    case "unreachable":
      return t("problem-unreachable", { words: problem.words });
    case "catalog_old":
      return t("problem-catalog_old", { date: formatDay(problem.date) });
    case "settings_set_aside":
      return t("problem-settings_set_aside", { place: problem.moved_to });
  }
}

/** What mends it, the best first. */
export function fixesOf(app: App, problem: Problem): Fix[] {
  const { backend } = app;
  const goTo =
    (section: Section, field: string | null = null) =>
    () =>
      app.go("settings", section, field);
  const start = { label: t("try-again"), run: () => app.act(() => backend.setRelay({ on: true })) };
  switch (problem.kind) {
    case "port_taken": {
      const port = problem.free_port;
      const use = port && {
        label: t("use-port", { port: String(port) }),
        run: () => app.act(() => backend.usePort({ port })),
      };
      return [use || { label: t("choose-port"), run: goTo("server", "port") }, start];
    }
    case "start_failed":
      return [start, { label: t("open-server-settings"), run: goTo("server", "host") }];
    case "token_missing":
      return [{ label: t("open-tokens"), run: goTo("tokens") }, start];
    case "key_missing":
      return [
        { label: t("add-key"), run: goTo("key", "key") },
        { label: t("try-demo"), run: () => app.act(() => backend.setDemo({ on: true })) },
      ];
    case "key_refused":
      return [{ label: t("replace-key"), run: goTo("key", "key") }];
    case "keyring_unavailable":
      return [{ label: t("open-key-settings"), run: goTo("key", "key") }];
    case "unreachable":
      return [
        { label: t("check-again"), run: () => app.act(() => backend.checkKey()) },
        { label: t("open-proxy"), run: goTo("proxy", "proxy") },
      ];
    case "catalog_old":
      return [{ label: t("refresh-list"), run: () => app.act(() => backend.refreshModels()) }];
    case "settings_set_aside":
      return [{ label: t("open-folder"), run: () => app.act(() => backend.openLink({ link: "data_folder" })) }];
  }
}

/** The problem that every page must tell, if there is one. */
export function pressing(problems: readonly Problem[]): Problem | undefined {
  return problems.find(({ kind }) =>
    ["port_taken", "start_failed", "token_missing", "key_missing", "key_refused"].includes(kind),
  );
}
