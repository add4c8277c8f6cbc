// npm run dev: the application with pages that change as you save them, and a shell that is built anew.

import { join } from "node:path";

import { ensureDesktop, ensurePackages, ensureRust, finish, root, runToEnd } from "./setup.mjs";

await finish(async () => {
  ensureRust();
  ensureDesktop();
  ensurePackages(root);
  ensurePackages(join(root, "ui"));
  const build = { devUrl: "http://localhost:1420", beforeDevCommand: "npm --prefix ui run dev -- --port 1420 --strictPort" };
  // The pages come from vite's server, which sends scripts and styles of its own.
  const config = { build, app: { security: { csp: null } } };
  const tauri = join(root, "node_modules", "@tauri-apps", "cli", "tauri.js");
  await runToEnd(process.execPath, [tauri, "dev", "--config", JSON.stringify(config)], { isGroup: true });
});
