// The window begins here: it finds its backend and draws itself.

import { mount } from "svelte";

import Boot from "./app/Boot.svelte";
import type { Backend } from "./backend/backend";
import "./style/tokens.css";
import "./style/base.css";

/** The shell; in a build for development and tests, the fake. The other one is not part of the build. */
async function findBackend(): Promise<Backend> {
  if (import.meta.env.MODE === "fake") {
    const { fakeByAddress } = await import("./backend/fake");
    return fakeByAddress(new URL(location.href));
  }
  const { backend } = await import("./backend/tauri");
  return backend;
}

const target = document.getElementById("app");
if (target) void findBackend().then((backend) => mount(Boot, { target, props: { backend } }));
