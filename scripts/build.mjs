// npm run build: the packages people install. On Linux two: the relay alone, and the application, which depends on it.

import { existsSync } from "node:fs";
import { join } from "node:path";

import { buildWindow, ensureDesktop, ensurePackages, ensureRust, finish, root, run, targetFolder } from "./setup.mjs";

const CARGO_DEB = "3.8.0";

/** cargo-deb in `.tools/`: it makes the package of a program that is no Tauri application. */
function ensureCargoDeb() {
  const folder = join(root, ".tools", "cargo");
  if (!existsSync(join(folder, "bin", "cargo-deb"))) {
    run("cargo", ["install", "--locked", "--quiet", "--root", folder, "--version", CARGO_DEB, "cargo-deb"]);
  }
  return join(folder, "bin", "cargo-deb");
}

await finish(() => {
  ensureRust();
  ensureDesktop();
  ensurePackages(root);
  buildWindow();
  const isLinux = process.platform === "linux";
  if (isLinux) {
    run("cargo", ["build", "--release", "--locked", "-p", "one-min-relay"]);
    run(ensureCargoDeb(), ["deb", "--locked", "--no-build", "--no-strip", "-p", "one-min-relay"]);
  }
  const bundles = isLinux ? ["--bundles", "deb,rpm"] : [];
  run(process.execPath, [join(root, "node_modules", "@tauri-apps", "cli", "tauri.js"), "build", ...bundles], { cwd: join(root, "src-tauri") });
  console.log(`\nThe packages are in ${join(targetFolder(), "debian")} and ${join(targetFolder(), "release", "bundle")}.`);
});
