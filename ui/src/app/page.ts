// The pages there are, and how a page is written down in the preferences.

/** The pages in the order of the rail; the shortcut is the number of the place. */
export const pages = ["home", "models", "settings"] as const;
export type Page = (typeof pages)[number];

export const sections = [
  "general",
  "key",
  "server",
  "tokens",
  "limits",
  "sharing",
  "proxy",
  "appearance",
  "advanced",
  "about",
] as const;
export type Section = (typeof sections)[number];

/** What is on show: a page, and of the settings a section. */
export interface Place {
  page: Page;
  section: Section;
}

function isOneOf<T extends string>(words: readonly T[], word: string | undefined): word is T {
  return words.some((each) => each === word);
}

/** Reads `settings/key` and the like; what is unknown is the first page. */
export function readPlace(text: string): Place {
  const [page, section] = text.split("/");
  return {
    page: isOneOf(pages, page) ? page : "home",
    section: isOneOf(sections, section) ? section : "general",
  };
}

/** Writes a place as `readPlace` reads it. */
export function writePlace({ page, section }: Place): string {
  return page === "settings" ? `${page}/${section}` : page;
}
