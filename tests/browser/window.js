// The window: the program beside the bundle, a screen that nobody sees, and what it keeps of its run.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** `basin`, beside the program of BASIN_BUNDLE. */
export const program = () => join(dirname(process.env.BASIN_BUNDLE), "basin");

/** A screen on an Xvfb, and its end. */
export async function screen() {
  const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1440x900x24"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const [number] = await once(server.stdio[3], "data");
  return { name: `:${String(number).trim()}`, stop: () => server.kill() };
}

/** The words that hand this setup to the window, on the CPU. */
export const handing = (setup) => ["--device", "cpu", "--link", `3.${Buffer.from(JSON.stringify(setup)).toString("base64url")}`];

/** What a window with this home has kept last; none yet. */
export function kept(home) {
  const folder = join(home, "runs");
  try {
    const name = readdirSync(folder).find((name) => name.endsWith(".about"));
    return name && { ...JSON.parse(readFileSync(join(folder, name), "utf8")), path: join(folder, name.replace("about", "")) };
  } catch {
    return undefined;
  }
}

/** Opens the window, with a home of its own. `ended` resolves when its process is gone. */
export function open_window(home, display, words) {
  const env = { ...process.env, DISPLAY: display, WAYLAND_DISPLAY: "", HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home, BASIN_RUNS: join(home, "runs") };
  const child = spawn(program(), words, { cwd: home, env, stdio: "ignore" });
  const ended = once(child, "exit").then(() => "ended");
  const kill = () => { child.kill("SIGKILL"); return ended; };
  return { pid: child.pid, ended, kill };
}
