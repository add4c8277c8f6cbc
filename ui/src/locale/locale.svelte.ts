// The texts of the window in the person's language.

import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";

import en from "../../locales/en.ftl?raw";
import ru from "../../locales/ru.ftl?raw";
import type { Messages } from "./messages";

/** The languages there are, each with its own name for itself. */
export const languages = { en: "English", ru: "Русский" } as const;
export type Language = keyof typeof languages;

export type MessageKey = keyof Messages;
/** The keys of texts without variables. */
export type PlainKey = { [K in MessageKey]: Messages[K] extends null ? K : never }[MessageKey];
type Variables<K extends MessageKey> = Messages[K] extends null ? [] : [Messages[K]];

function bundle(language: Language, source: string): FluentBundle {
  // Both languages run from left to right, so nothing needs to be isolated.
  const made = new FluentBundle(language, { useIsolating: false });
  const [mistake] = made.addResource(new FluentResource(source));
  if (mistake) throw mistake;
  return made;
}

const bundles: Record<Language, FluentBundle> = { en: bundle("en", en), ru: bundle("ru", ru) };

/** The language to use: the chosen one, else the first of the system's that there is, else English. */
export function pickLanguage(chosen: string, system: readonly string[]): Language {
  const wanted = [chosen, ...system].map((tag) => tag.toLowerCase().split("-")[0] ?? "");
  return wanted.find((tag): tag is Language => tag in languages) ?? "en";
}

/** A text in a given language. */
export function textIn(language: Language, key: MessageKey, variables?: Record<string, FluentVariable> | null): string {
  const [id = "", attribute] = key.split(".");
  const message = bundles[language].getMessage(id);
  const pattern = attribute ? message?.attributes[attribute] : message?.value;
  if (!pattern) throw new Error(`There is no text ${key}.`);
  return bundles[language].formatPattern(pattern, variables);
}

class Locale {
  language = $state<Language>("en");
}

/** The language now; what reads it is drawn anew when it changes. */
export const locale = new Locale();

/** A text in the language now. */
export function t<K extends MessageKey>(key: K, ...variables: Variables<K>): string {
  return textIn(locale.language, key, variables[0] as Record<string, FluentVariable> | undefined);
}
