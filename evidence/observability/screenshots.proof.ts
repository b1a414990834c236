/**
 * A run under load in which an identity provider goes down. Takes pictures of the web view and writes the output of
 * `top`, before, during and after the outage.
 *
 *   npm run screenshots        SCREENSHOTS: the folder of the pictures, otherwise results/screenshots; KONG_BIN: a Kong
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { runCliAsync } from "../../test/cli/run-cli-async.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { missingChromium, openChromium } from "./open-chromium.ts";
import { startOutageScene } from "./outage-scene.ts";

const TO = process.env.SCREENSHOTS || join(import.meta.dirname, "../../results/screenshots");
const SIZES = [
  { name: "", width: 1200, colorScheme: "light" },
  { name: "-dark", width: 1200, colorScheme: "dark" },
  { name: "-narrow", width: 400, colorScheme: "light" },
] as const;
/** The time is long enough for a line in the chart. */
const CALM_MS = 40_000;

if (missingChromium === undefined) {
  it("the web view and top show that a provider goes down, that its keys stay in use and then get too old, and that the provider returns", async () => {
    mkdirSync(TO, { recursive: true });
    const scene = await startOutageScene({ scale: 1, mayUseKong: true });
    onTestFinished(scene.stop);
    const browser = await openChromium();
    const pages = await Promise.all(
      SIZES.map(async ({ name, width, colorScheme }) => {
        const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
        await page.goto(`${scene.statusUrl}/status/view`);
        return { name, page };
      }),
    );
    const { page } = pages[0] as { readonly page: Page };
    const record = async (phase: string): Promise<string> => {
      for (const { name, page } of pages) {
        const path = join(TO, `view-${phase}${name}.png`);
        await page.screenshot({ path, fullPage: true });
        spawnSync("pngquant", ["--force", "--strip", "--ext", ".png", "32", path]); // A third of the size, where it is installed.
      }
      const { stdout } = await runCliAsync(["top", "--once", "--url", scene.statusUrl]);
      writeFileSync(join(TO, `top-${phase}.txt`), stdout);
      console.log(`${phase}, ${scene.gateway}: written to ${TO}`);
      return stdout;
    };
    const shows = (id: string, text: string) => expect.poll(() => page.locator(`#${id}`).innerText()).toContain(text);

    await page.waitForTimeout(CALM_MS);
    expect(await record("before")).toMatch(/^acme +loaded /m);
    await scene.provider.fail("answers 503");
    await shows("issuers", "no answer, keys kept");
    await page.waitForTimeout(CALM_MS / 4);
    expect(await record("keys-kept")).toMatch(/^acme +no answer, keys kept /m);
    await shows("issuers", "keys too old");
    await page.waitForTimeout(CALM_MS / 2);
    expect(await record("keys-too-old")).toMatch(/refused +payments +payments-read +keys_unavailable +acme +503 /);
    await scene.provider.recover();
    await shows("issuers", "All keys of 2 issuers are loaded");
    await page.waitForTimeout(CALM_MS);
    expect(await record("after")).toMatch(/^acme +loaded /m);
  });
} else {
  reportMissing("pictures of the web view", missingChromium);
}
