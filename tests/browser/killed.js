// Ends of a page that no script of it can see coming: its renderer or its whole browser is killed. Each gives back where the run goes on.

import { readdirSync, readFileSync } from "node:fs";
import { launch_profile, NO_WEBGPU } from "./harness.js";

/** Another tab in the place of the one that is gone. */
export async function again(context, page, address) {
  await page.close().catch(() => {});
  const next = await context.newPage();
  await next.goto(address);
  return next;
}

/** The page's renderer ends. */
export async function renderer_killed({ context, page, address }) {
  const session = await context.newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  session.send("Page.crash").catch(() => {});
  await crashed;
  return { context, page: await again(context, page, address) };
}

/** The browser of this profile ends, as when the system runs out of memory, and is opened again. */
export async function browser_killed({ context, profile, address }) {
  const closed = context.waitForEvent("close");
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let words = [];
    try { words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0"); } catch { /* It has ended meanwhile. */ }
    if (words.includes(`--user-data-dir=${profile}`) && !words.some((word) => word.startsWith("--type="))) process.kill(Number(pid), "SIGKILL");
  }
  await closed;
  const next = await launch_profile(profile, NO_WEBGPU);
  return { context: next, page: await again(next, next.pages()[0], address) };
}
