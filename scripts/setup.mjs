// What the scripts need on the machine, found or installed. Everything that is not a system package goes into `.tools/`
// of this folder, or into cargo's own folders.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top folder of the project. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Whether this is Windows. */
export const isWindows = process.platform === "win32";

/** A mistake that the reader can mend; its message says how. */
export class Mendable extends Error {}

/** Runs a command with its output on the screen; fails with `Mendable` if it can't or does. */
export function run(command, args, options = {}) {
  const { status, error, signal } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (error) throw new Mendable(`${command} can't be run: ${error.message}`);
  if (status !== 0) throw new Mendable(`${[command, ...args].join(" ")} ended with ${signal ?? status}.`);
}

/** How often it is looked whether npm is still there, in milliseconds. */
const LOOK = 500;

/**
 * Runs a program to its end, whose exit status becomes ours. One with children that it leaves behind, as `tauri dev` does, is
 * run as a group of its own (`isGroup`), which is ended as a whole.
 */
export async function runToEnd(path, args, { isGroup = false } = {}) {
  const npm = process.ppid;
  const detached = isGroup && !isWindows;
  const running = spawn(path, args, { cwd: root, stdio: "inherit", detached });
  const end = () => {
    try {
      process.kill(detached ? -running.pid : running.pid, "SIGINT");
    } catch (error) {
      // It has ended by itself.
      if (error.code !== "ESRCH") throw error;
    }
  };
  // Ctrl+C and a closed terminal reach our group by themselves, and no other.
  process.on("SIGINT", detached ? end : () => {});
  if (detached) process.on("SIGHUP", end);
  process.on("SIGTERM", end);
  // A signal to npm alone ends npm and the shell between, and nobody tells us.
  const look = setInterval(() => process.ppid !== npm && (clearInterval(look), end()), LOOK);
  try {
    process.exitCode = await new Promise((resolve, reject) => {
      running.once("error", (error) => reject(new Mendable(`${path} can't be run: ${error.message}`)));
      running.once("close", (code) => resolve(code ?? 1));
    });
  } finally {
    clearInterval(look);
  }
  // What the first of a group leaves behind when it breaks off.
  if (detached) end();
}

/** Whether a command runs at all. */
function answers(command, args = ["--version"]) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** Installs Debian packages, as root or through sudo. */
function installPackages(packages, purpose) {
  const byHand = `Install ${packages.join(" ")} (${purpose}), then run this again.`;
  if (!answers("apt-get")) throw new Mendable(byHand);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !answers("sudo")) throw new Mendable(byHand);
  console.log(`Installing ${packages.join(" ")}: ${purpose}.`);
  const apt = (...args) => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    run(isRoot ? "apt-get" : "sudo", isRoot ? args : ["apt-get", ...args], { env });
  };
  apt("update", "--quiet=2");
  apt("install", "--yes", "--no-install-recommends", "--quiet=2", ...packages);
}

/** Rust, and a C compiler for the one dependency that needs it (TLS). */
export function ensureRust() {
  if (!answers("cargo")) throw new Mendable("Rust is missing: install it from https://rustup.rs, then run this again.");
  if (!isWindows && !answers("cc")) installPackages(["build-essential"], "the C compiler that TLS is built with");
}

/** What the application is built with on Linux: GTK, WebKit, and what draws its icons. Other systems have theirs. */
export function ensureDesktop() {
  if (process.platform !== "linux") return;
  const libraries = ["webkit2gtk-4.1", "gtk+-3.0", "librsvg-2.0"];
  const isThere = () => answers("pkg-config", ["--exists", ...libraries]);
  if (isThere()) return;
  installPackages(["libwebkit2gtk-4.1-dev", "librsvg2-dev", "pkg-config"], "what the window is built with");
  if (!isThere()) throw new Mendable(`pkg-config does not find ${libraries.join(", ")}; install their -dev packages.`);
}

/** A desktop without a screen, for the tests of tray and window. */
export function ensureSession() {
  const programs = { Xvfb: "xvfb", "dbus-run-session": "dbus", "gnome-keyring-daemon": "gnome-keyring", "secret-tool": "libsecret-tools", WebKitWebDriver: "webkit2gtk-driver", openbox: "openbox", wmctrl: "wmctrl", xclip: "xclip" };
  const missing = Object.entries(programs).filter(([name]) => !answers("which", [name])).map(([, name]) => name);
  if (missing.length > 0) installPackages([...new Set([...missing, "fonts-dejavu-core"])], "a desktop for the tests");
}

/** memcached, with which relays share what they count. There is none for Windows, and no test there asks for it. */
export function ensureMemcached() {
  if (isWindows || answers("memcached")) return;
  if (process.platform !== "linux") throw new Mendable("Install memcached (brew install memcached), then run this again.");
  installPackages(["memcached"], "what relays share their limits through, for the tests");
}

/** Whether there is a screen to show the window on. */
export function hasScreen() {
  return process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Builds the window's pages into `ui/dist`, which the application carries. */
export function buildWindow() {
  const ui = join(root, "ui");
  ensurePackages(ui);
  runNpm(["run", "build"], { cwd: ui });
}

/** Installs the npm packages of a folder, exactly as locked, if they are not there. */
export function ensurePackages(folder) {
  const stamp = join(folder, "node_modules", ".locked");
  const wanted = readFileSync(join(folder, "package-lock.json"), "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  runNpm(["ci", "--no-audit", "--no-fund"], { cwd: folder });
  writeFileSync(stamp, wanted);
}

/** A Chromium, for what only a browser can show. */
export function ensureBrowser() {
  const found = () => ["chromium", "chromium-browser", "google-chrome"].find((name) => answers(name));
  if (!found()) installPackages(["chromium"], "a browser, for the tests of what web pages may do");
  const browser = found();
  if (!browser) throw new Mendable("There is no Chromium; install one, then run this again.");
  return browser;
}

/** The Python of a virtual environment in `.tools/` that has exactly what `requirements` (a file) names. */
export function ensurePython(name, requirements) {
  const folder = join(root, ".tools", name);
  const bin = join(folder, isWindows ? "Scripts" : "bin");
  const python = join(bin, isWindows ? "python.exe" : "python");
  const system = isWindows ? "python" : "python3";
  const stamp = join(folder, "installed.txt");
  const wanted = readFileSync(requirements, "utf8");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted || !answers(python)) {
    const make = () => spawnSync(system, ["-m", "venv", "--clear", folder], { stdio: "ignore" }).status === 0;
    if (!make()) {
      installPackages(["python3", "python3-venv"], "Python, for checks and the tests with real clients");
      if (!make()) throw new Mendable(`${system} -m venv ${folder} fails; run it by hand to see why.`);
    }
    run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
    writeFileSync(stamp, wanted);
  }
  return { python, bin };
}

/** Where cargo puts what it builds. */
export function targetFolder() {
  const { stdout, status } = spawnSync("cargo", ["metadata", "--format-version=1", "--no-deps"], { cwd: root, maxBuffer: 1 << 26 });
  if (status !== 0) throw new Mendable("cargo metadata fails; run it by hand to see why.");
  return JSON.parse(stdout).target_directory;
}

/** The path of a built program. */
export function program(name, profile) {
  return join(targetFolder(), profile, isWindows ? `${name}.exe` : name);
}

/** Runs npm; on Windows it is a script, which only a shell can run. */
export function runNpm(args, options) {
  run("npm", args, { ...options, shell: isWindows });
}

/** Runs `main` and ends the process: a mistake that can be mended is one sentence, anything else a stack. */
export async function finish(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Mendable ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
