/** What kind of news something is; each has its colour and its glyph. */
export type Tone = "good" | "warn" | "bad" | "note";
