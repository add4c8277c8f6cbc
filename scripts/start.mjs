// npm start: builds the relay if need be, and runs it. Flags after `--` go to `1min-relay serve`.
//
// Without a key somewhere it asks for one (kept for this run only) and offers the demo; where nobody can answer, it runs
// without a stored key, and every app sends its own.

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";

import { ensureRust, finish, program, root, run } from "./setup.mjs";

const KEY_VARIABLES = ["ONE_MIN_API_KEY", "ONE_MIN_API_KEY_FILE"];

/** Whether a key stands in the environment or in the .env file. */
function hasKey() {
  const file = join(root, ".env");
  const lines = existsSync(file) ? readFileSync(file, "utf8").split(/\r?\n/) : [];
  const isSet = (name) => lines.some((line) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=\\s*\\S`).test(line));
  return KEY_VARIABLES.some((name) => process.env[name]?.trim() || isSet(name));
}

/** Asks for the key without showing it; an empty answer is null. */
function askForKey() {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // First this, which makes the terminal silent, then the question.
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  console.log("\nNo 1min.ai key is set (ONE_MIN_API_KEY, or the file .env).");
  process.stdout.write("Paste your key for this run, or press Enter for the demo (no key, no credits): ");
  return new Promise((resolve) => {
    let answer = null;
    prompt.once("SIGINT", () => process.exit(130));
    prompt.once("line", (line) => {
      answer = line.trim() || null;
      prompt.close();
    });
    prompt.once("close", () => {
      process.stdout.write("\n");
      resolve(answer);
    });
  });
}

await finish(async () => {
  const flags = process.argv.slice(2);
  ensureRust();
  console.log("Building the relay (the first time takes a few minutes) ...");
  run("cargo", ["build", "--release", "--locked", "-p", "one-min-relay"]);
  const env = { ...process.env };
  const isInformed = flags.some((flag) => ["--demo", "--help", "-h"].includes(flag));
  if (!isInformed && !hasKey() && process.stdin.isTTY) {
    const key = await askForKey();
    if (key) env.ONE_MIN_API_KEY = key;
    else flags.push("--demo");
  }
  const relay = spawn(program("1min-relay", "release"), ["serve", ...flags], { cwd: root, env, stdio: "inherit" });
  // A signal to the whole group reaches the relay by itself; one to npm alone must be passed on.
  process.on("SIGTERM", () => relay.kill("SIGTERM"));
  process.on("SIGINT", () => {});
  await new Promise((resolve) => relay.once("close", (code) => ((process.exitCode = code ?? 1), resolve())));
});
