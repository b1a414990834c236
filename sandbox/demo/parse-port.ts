import { InvalidArgumentError } from "commander";

/** @throws InvalidArgumentError with a message that names the valid ports. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError("a port is a number from 1 to 65535, or 0 for any free port.");
  }
  return port;
}
