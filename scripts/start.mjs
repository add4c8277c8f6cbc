// npm start: builds what is needed, and runs it. With a screen that is the application, with tray and window. Without one,
// or with flags after `--`, it is the relay alone, and the flags go to `1min-relay serve`.
//
// The window asks for a key by itself. The relay alone is asked for here: a key is checked and kept, or the demo runs; where
// nobody can answer, it runs without a stored key, and every app sends its own.

import { spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";

import { Mendable, buildWindow, ensureDesktop, ensureRust, finish, hasScreen, program, root, run, runToEnd } from "./setup.mjs";

/** Whether the relay knows a key, wherever it is. What keeps it from telling, `serve` will say. */
function hasKey(relay) {
  const { status, stdout } = spawnSync(relay, ["settings", "--json"], { cwd: root, encoding: "utf8" });
  return status !== 0 || JSON.parse(stdout).key !== null;
}

/** Has the relay check and keep a key. */
function keepKey(relay, key) {
  const { status } = spawnSync(relay, ["key", "set"], { cwd: root, input: `${key}\n`, stdio: ["pipe", "inherit", "inherit"] });
  if (status !== 0) throw new Mendable("Start again with another key, or press Enter there for the demo.");
}

/** Asks for the key without showing it; an empty answer is null. */
function askForKey() {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // First this, which makes the terminal silent, then the question.
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  console.log("\nThere is no 1min.ai key yet.");
  process.stdout.write("Paste yours (it is kept for later), or press Enter for the demo (no key, no credits): ");
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

async function startApplication() {
  ensureDesktop();
  console.log("Building the application (the first time takes some minutes) ...");
  buildWindow();
  run("cargo", ["build", "--release", "--locked", "-p", "one-min-relay-app", "--features", "custom-protocol"]);
  await runToEnd(program("1min-relay-app", "release"), []);
}

async function startRelay(flags) {
  console.log("Building the relay (the first time takes a few minutes) ...");
  run("cargo", ["build", "--release", "--locked", "-p", "one-min-relay"]);
  const relay = program("1min-relay", "release");
  const isInformed = flags.some((flag) => ["--demo", "--help", "-h"].includes(flag));
  if (!isInformed && process.stdin.isTTY && !hasKey(relay)) {
    const key = await askForKey();
    if (key) keepKey(relay, key);
    else flags.push("--demo");
  }
  await runToEnd(relay, ["serve", ...flags]);
}

await finish(async () => {
  const flags = process.argv.slice(2);
  ensureRust();
  if (flags.length === 0 && hasScreen()) return startApplication();
  if (flags.length === 0) console.log("There is no screen: this is the relay alone, without tray and window.");
  await startRelay(flags);
});
