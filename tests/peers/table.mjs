// Lines of JSON from the peers, round after round, to one table with ratios within a round.

import { readFileSync } from "node:fs";

const rounds = new Map();
const errors = new Set();
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { peer, millis, error } = JSON.parse(line);
  if (error) errors.add(`${peer}: ${error}`);
  else rounds.set(peer, [...(rounds.get(peer) ?? []), millis]);
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Basin's own times where this peer was measured: on the CPU the program's, on WebGPU the page's. */
function basin(peer) {
  const onGpu = (name) => name.includes("webgpu");
  const own = [...rounds.keys()].find((name) => name.startsWith("Basin") && onGpu(name) === onGpu(peer));
  return own ? rounds.get(own) : [];
}

const rows = [["SAM, one member", "step, ms", "fastest", "slowest", "× Basin"]];
for (const [peer, millis] of rounds) {
  const reference = basin(peer);
  // A round that one of the two failed in has no quotient.
  const whole = millis.length === reference.length;
  const ratio = whole ? median(millis.map((value, round) => value / reference[round])).toFixed(2) : "–";
  rows.push([peer, ...[median(millis), Math.min(...millis), Math.max(...millis)].map((value) => value.toFixed(3)), ratio]);
}
const width = (column) => Math.max(...rows.map((row) => row[column].length));
for (const row of rows) {
  console.log(row.map((cell, column) => (column ? cell.padStart(width(column)) : cell.padEnd(width(column)))).join("  "));
}
console.log(`Core ${process.argv[2]}, medians of ${Math.max(0, ...[...rounds.values()].map((r) => r.length))} rounds.`);
for (const error of errors) console.log(`Not measured: ${error}`);
