import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { onTestFinished } from "vitest";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The path of a Chromium: the path in `CHROMIUM_BIN`, or a Chromium in PATH. Undefined if there is no Chromium. */
function findChromium(): string | undefined {
  const directories = (process.env.PATH ?? "").split(delimiter);
  const found = NAMES.flatMap((name) => directories.map((directory) => join(directory, name))).find(existsSync);
  return process.env.CHROMIUM_BIN || found;
}

/** Why the tests in a browser cannot run; undefined if the tests can run. */
export const missingChromium: string | undefined =
  findChromium() === undefined
    ? "no chromium in PATH: install Debian's package chromium, or set CHROMIUM_BIN"
    : undefined;

/** A browser without a window. The browser ends with the test. */
export async function openChromium(): Promise<Browser> {
  // Text without coloured edges makes small pictures.
  const browser = await chromium.launch({ executablePath: findChromium() ?? "", args: ["--disable-lcd-text"] });
  onTestFinished(() => browser.close());
  return browser;
}
