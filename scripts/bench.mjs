// npm run bench: builds the relay and the benchmark as they are released, and measures. Flags after `--` go to the
// benchmark: --quick, --rounds NUMBER, --json PATH.

import { ensureRust, finish, program, run } from "./setup.mjs";

await finish(() => {
  ensureRust();
  console.log("Building the relay and the benchmark (the first time takes a few minutes) ...");
  // One after the other: built together, the relay would get what only the benchmark needs of their libraries.
  run("cargo", ["build", "--release", "--locked", "-p", "one-min-relay"]);
  run("cargo", ["build", "--release", "--locked", "-p", "relay-bench"]);
  run(program("relay-bench", "release"), process.argv.slice(2), { cwd: process.cwd() });
});
