// The catalogues of texts: `node scripts/locale.mjs` makes src/locale/messages.ts, the typed keys, from locales/en.ftl;
// with `--check` it writes nothing and says what is wrong instead: a stale file, languages that differ, unused texts.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Visitor, parse } from "@fluent/syntax";

const folder = fileURLToPath(new URL("../", import.meta.url));
const languages = readdirSync(join(folder, "locales")).map((file) => file.replace(/\.ftl$/, ""));
const generated = join(folder, "src", "locale", "messages.ts");
/** The tray reads these from the same files. */
const trayPrefix = "tray-";

/** The variables in a pattern. */
class Variables extends Visitor {
  names = new Set();
  visitVariableReference(node) {
    this.names.add(node.id.name);
  }
}

function variablesOf(pattern) {
  const variables = new Variables();
  variables.visit(pattern);
  return [...variables.names].sort();
}

/** Every text of a language with its variables; an attribute is `message.attribute`. */
function textsOf(language) {
  const resource = parse(readFileSync(join(folder, "locales", `${language}.ftl`), "utf8"), { withSpans: false });
  const texts = new Map();
  for (const entry of resource.body) {
    if (entry.type === "Junk")
      throw new Error(`${language}.ftl: ${entry.annotations[0]?.message} in:\n${entry.content}`);
    if (entry.type !== "Message") continue;
    if (texts.has(entry.id.name)) throw new Error(`${language}.ftl has ${entry.id.name} twice.`);
    if (entry.value) texts.set(entry.id.name, variablesOf(entry.value));
    for (const { id, value } of entry.attributes) texts.set(`${entry.id.name}.${id.name}`, variablesOf(value));
  }
  return texts;
}

/** Sentences on how a language differs from English. */
function differences(language, texts, english) {
  const missing = [...english.keys()].filter((key) => !texts.has(key)).map((key) => `${language}.ftl lacks ${key}.`);
  const extra = [...texts.keys()]
    .filter((key) => !english.has(key))
    .map((key) => `${language}.ftl has ${key}, en.ftl has not.`);
  const unlike = [...texts]
    .filter(([key, variables]) => english.has(key) && variables.join() !== english.get(key).join())
    .map(
      ([key, variables]) =>
        `${language}.ftl: ${key} has the variables [${variables}], in en.ftl [${english.get(key)}].`,
    );
  return [...missing, ...extra, ...unlike];
}

/** All sources of the window. */
function sources() {
  const files = readdirSync(join(folder, "src"), { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile() && /\.(svelte|ts)$/.test(file.name) && !file.parentPath.endsWith("contract"))
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => path !== generated)
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
}

/** Texts that no source names, whole or as a template such as `relay-${state}`. */
function unused(english) {
  const text = sources();
  const whole = new Set([...text.matchAll(/"([a-z][\w.-]*)"/g)].map(([, key]) => key));
  const templates = [...text.matchAll(/`([a-z][\w-]*-)\$\{\w+(?:\.\w+)*\}([\w.-]*)`/g)].map(([, start, end]) => [
    start,
    end,
  ]);
  const isNamed = (key) =>
    whole.has(key) ||
    templates.some(([start, end]) => key.startsWith(start) && key.endsWith(end) && key.length > start.length);
  return [...english.keys()]
    .filter((key) => !key.startsWith(trayPrefix) && !isNamed(key))
    .map((key) => `Nothing uses ${key}.`);
}

function typesOf(english) {
  const rows = [...english].map(([key, names]) => {
    const variables = names.map((name) => `${name}: FluentVariable`).join("; ");
    return `  "${key}": ${names.length > 0 ? `{ ${variables} }` : "null"};`;
  });
  return `// Made from locales/en.ftl by \`npm run locale\`. Do not edit.

import type { FluentVariable } from "@fluent/bundle";

/** Every text there is, with the variables it needs. */
export interface Messages {
${rows.join("\n")}
}
`;
}

const english = textsOf("en");
const types = typesOf(english);
if (process.argv.includes("--check")) {
  const complaints = languages.flatMap((language) => differences(language, textsOf(language), english));
  complaints.push(...unused(english));
  if (readFileSync(generated, "utf8") !== types)
    complaints.push("src/locale/messages.ts is stale: run `npm run locale`.");
  for (const complaint of complaints) console.error(complaint);
  console.log(`${english.size} texts in ${languages.join(", ")}`);
  process.exitCode = complaints.length > 0 ? 1 : 0;
} else {
  writeFileSync(generated, types);
}
