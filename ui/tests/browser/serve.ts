// Builds the window with the fake behind it and serves it, as strictly as the shell does, while browser tests run.

import { build, preview } from "vite";
import type { TestProject } from "vitest/node";

const options = { mode: "fake", logLevel: "warn", build: { outDir: "dist-fake" } } as const;

export default async function serve(project: TestProject) {
  await build(options);
  const server = await preview({ ...options, preview: { host: "127.0.0.1", port: 0 } });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error("The window is not served.");
  project.provide("address", address);
  return () => server.close();
}

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the window is served. */
    address: string;
  }
}
