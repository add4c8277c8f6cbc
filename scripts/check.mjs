// npm run check: everything that can be said about the code without running it.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { Mendable, ensureDesktop, ensurePackages, ensurePython, ensureRust, finish, root, run, runNpm } from "./setup.mjs";

const strict = (flags) => ({ env: { ...process.env, ...flags } });

/** Texts, format, lints and types of the window. */
function checkWindow() {
  const window = join(root, "ui");
  ensurePackages(window);
  runNpm(["run", "check"], { cwd: window });
}

/** The products must never carry what only tests may use. */
function checkProductFeatures() {
  for (const product of ["one-min-relay", "one-min-relay-app"]) {
    const args = ["tree", "--locked", "-p", product, "-e", "features,no-dev"];
    const { stdout, status } = spawnSync("cargo", args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
    if (status !== 0 || !stdout.includes("mock-onemin")) throw new Mendable(`cargo tree does not show the parts of ${product}.`);
    if (stdout.includes('mock-onemin feature "script"')) throw new Mendable(`${product} enables mock-onemin's feature script.`);
  }
}

await finish(() => {
  ensureRust();
  ensureDesktop();
  const { bin } = ensurePython("check", join(root, "scripts", "check-requirements.txt"));
  const steps = [
    ["formatted", () => run("cargo", ["fmt", "--all", "--check"])],
    ["lints", () => run("cargo", ["clippy", "--locked", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])],
    ["lints of the plain stand-in", () => run("cargo", ["clippy", "--locked", "-p", "mock-onemin", "--", "-D", "warnings"])],
    ["lints without the demo", () => run("cargo", ["clippy", "--locked", "-p", "one-min-relay", "--no-default-features", "--", "-D", "warnings"])],
    ["docs", () => run("cargo", ["doc", "--locked", "--workspace", "--no-deps", "--quiet"], strict({ RUSTDOCFLAGS: "-D warnings" }))],
    ["features of the products", checkProductFeatures],
    ["licences, bans, sources", () => run(join(bin, "cargo-deny"), ["--locked", "check", "bans", "licenses", "sources"])],
    ["no unused dependencies", () => run(join(bin, "cargo-shear"), [])],
    ["the window", checkWindow],
  ];
  for (const [name, step] of steps) {
    console.log(`\ncheck: ${name}`);
    step();
  }
});
