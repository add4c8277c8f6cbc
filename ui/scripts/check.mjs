// npm run check: everything that can be said about the window without running it.

import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const steps = [
  ["texts", "node", ["scripts/locale.mjs", "--check"]],
  ["formatted", "prettier", ["--check", "--log-level", "warn", "."]],
  ["lints", "eslint", ["--max-warnings", "0", "."]],
  ["types", "tsc", ["--noEmit"]],
  ["components", "svelte-check", ["--fail-on-warnings", "--output", "human"]],
];

const folder = fileURLToPath(new URL("../", import.meta.url));
const env = { ...process.env, PATH: [join(folder, "node_modules", ".bin"), process.env.PATH].join(delimiter) };

for (const [name, command, args] of steps) {
  console.log(`\ncheck: ${name}`);
  const { status } = spawnSync(command, args, {
    cwd: folder,
    env,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    console.error(`\n${command} ${args.join(" ")} fails.`);
    process.exitCode = 1;
  }
}
