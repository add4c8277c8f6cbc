import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

/** What the window may load. The shell says the same to its web view; here it holds for the built window in tests. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src ipc: http://ipc.localhost",
].join("; ");

/** Tests that open the window start a browser each, so their files run one after the other. */
const inBrowser = {
  environment: "node",
  globalSetup: "tests/browser/serve.ts",
  fileParallelism: false,
  maxConcurrency: 3,
} as const;

export default defineConfig({
  plugins: [svelte()],
  build: { target: "safari16", modulePreload: { polyfill: false } },
  preview: { headers: { "Content-Security-Policy": contentSecurityPolicy } },
  test: {
    projects: [
      {
        extends: true,
        test: { name: "unit", environment: "node", include: ["src/**/*.test.ts", "tests/unit/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "browser",
          ...inBrowser,
          include: ["tests/browser/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "screenshots",
          ...inBrowser,
          include: ["tests/browser/screenshots.ts"],
          testTimeout: 600_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
