import { spawnSync } from "node:child_process";

/** Why the tests cannot use a program of Debian's package `prometheus`; undefined if they can. */
export function findMissingProgram(name: "prometheus" | "promtool"): string | undefined {
  return spawnSync(name, ["--version"]).error === undefined
    ? undefined
    : `no ${name} in PATH: install Debian's package prometheus`;
}
