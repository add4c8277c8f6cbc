// npm test: the check, then every ring of tests. `npm test rust` and the like run one ring.

import { join } from "node:path";

import { buildWindow, ensureBrowser, ensureDesktop, ensureMemcached, ensurePackages, ensurePython, ensureRust, ensureSession, finish, isWindows, program, root, run, runNpm } from "./setup.mjs";

/** Unit tests, and the behaviours of the relay against the scripted stand-in. */
function rust() {
  ensureMemcached();
  // The behaviours run the real program as well.
  run("cargo", ["build", "--locked", "-p", "one-min-relay"]);
  run("cargo", ["test", "--locked", "--workspace"]);
}

/** Builds the real program and the scripted stand-in, and gives the variables that say where they are. */
function buildPair() {
  // One after the other: built together, the program would carry what only tests may use.
  run("cargo", ["build", "--locked", "-p", "one-min-relay"]);
  run("cargo", ["build", "--locked", "-p", "mock-onemin", "--features", "script"]);
  return { ...process.env, RELAY_BIN: program("1min-relay", "debug"), MOCK_BIN: program("mock-onemin", "debug") };
}

/** Real clients against the real program and the scripted stand-in. */
function clients() {
  const env = buildPair();
  const folder = join(root, "tests", "clients");
  const { python } = ensurePython("clients", join(folder, "python", "requirements.txt"));
  run(python, ["-m", "pytest", "-p", "no:cacheprovider", join(folder, "python")], { env });
  const node = { cwd: join(folder, "node"), env: { ...env, BROWSER_BIN: ensureBrowser() } };
  ensurePackages(node.cwd);
  runNpm(["test"], node);
}

/** What several relays share, in the bucket of an S3 server on this machine. */
function s3() {
  const folder = join(root, "tests", "s3");
  const { python } = ensurePython("s3", join(folder, "requirements.txt"));
  const beside = (test) => run(python, [join(folder, "with_s3.py"), "cargo", "test", "--locked", ...test]);
  beside(["-p", "one-min-relay", "--features", "s3", "--lib", "store::"]);
  ensureMemcached();
  run("cargo", ["build", "--locked", "-p", "one-min-relay", "--features", "s3"]);
  beside(["-p", "relay-tests", "--test", "behaviour", "replicas::team"]);
}

/** Agents, and what goes with their older libraries, against the same pair. */
function agents() {
  if (isWindows) return console.log("The tests of agents run on Linux and macOS.");
  const env = buildPair();
  const folder = join(root, "tests", "clients", "agents");
  const { python } = ensurePython("agents", join(folder, "requirements.txt"));
  ensurePackages(folder);
  run(python, ["-m", "pytest", folder], { env });
}

/** The window in Chromium, against the fake behind it. */
function ui() {
  const window = { cwd: join(root, "ui"), env: { ...process.env, BROWSER_BIN: ensureBrowser() } };
  ensurePackages(window.cwd);
  runNpm(["run", "test:unit"], window);
  runNpm(["run", "test:browser"], window);
}

/** The application on a desktop of its own: tray, window, keyring. */
function desktop() {
  if (process.platform !== "linux") return console.log("The tests of the desktop run on Linux.");
  ensureDesktop();
  ensureSession();
  buildWindow();
  run("cargo", ["build", "--locked", "-p", "one-min-relay-app"]);
  run("cargo", ["build", "--locked", "-p", "mock-onemin", "--features", "script"]);
  const env = { ...process.env, APP_BIN: program("1min-relay-app", "debug"), MOCK_BIN: program("mock-onemin", "debug") };
  const folder = join(root, "tests", "desktop");
  const { python } = ensurePython("desktop", join(folder, "requirements.txt"));
  run(python, ["-m", "pytest", folder], { env });
}

const rings = { check: () => run(process.execPath, [join(root, "scripts", "check.mjs")]), rust, s3, clients, agents, ui, desktop };

await finish(() => {
  ensureRust();
  const asked = process.argv.slice(2);
  for (const [name, ring] of Object.entries(rings)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const start = Date.now();
    console.log(`\n===== ${name}`);
    ring();
    console.log(`===== ${name}: ${Math.round((Date.now() - start) / 1000)} s`);
  }
});
