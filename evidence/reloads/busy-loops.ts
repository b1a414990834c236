import { spawn } from "node:child_process";

/**
 * Keeps this many processors busy until the caller calls the returned function. The busy loops end after at most a
 * quarter of an hour.
 */
export function startBusyLoops(count: number): () => void {
  const loop = "for (const end = Date.now() + 900_000; Date.now() < end; );";
  const children = Array.from({ length: count }, () => spawn(process.execPath, ["-e", loop], { stdio: "ignore" }));
  return () => {
    for (const child of children) {
      child.kill("SIGKILL");
    }
  };
}
