import { spawnSync } from "node:child_process";

/** Why a program of Debian's package `prometheus` cannot be used; undefined if it can. */
export function findMissingProgram(name: "prometheus" | "promtool"): string | undefined {
  return spawnSync(name, ["--version"]).error === undefined
    ? undefined
    : `no ${name} in PATH: install Debian's package prometheus`;
}
