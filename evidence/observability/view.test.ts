import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Status } from "../../plugin/server/status/describe-status.ts";
import { serveStatus } from "../../plugin/server/status/status.ts";
import { findFreePort } from "../../test/gateways/free-port.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { missingChromium, openChromium } from "./open-chromium.ts";
import { startOutageScene } from "./outage-scene.ts";

const HOSTILE = "<img src=x onerror=\"document.title='defect'\"><script>document.title='defect'</script>\u202e\u001b";
const START = Date.now() - 60_000;

interface Watched {
  readonly page: Page;
  /** The addresses that the page asked for. */
  readonly asked: readonly string[];
  /** The browser's complaints, such as a violated Content-Security-Policy. */
  readonly complaints: string[];
  shows(id: string, text: string): Promise<void>;
}

async function open(url: string, width = 1_280): Promise<Watched> {
  const page = await (await openChromium()).newPage({ viewport: { width, height: 900 } });
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${url}/status/view`);
  const shows: Watched["shows"] = (id, text) => expect.poll(() => page.locator(`#${id}`).textContent()).toContain(text);
  return { page, asked, complaints, shows };
}

/** A status whose texts are hostile, wherever a text can be. */
function hostileStatus(answers: number): Status {
  return {
    ...{ reasons: [HOSTILE], reports: [], countedSince: START, at: Date.now() },
    policies: [
      {
        source: HOSTILE,
        inForce: { name: HOSTILE, sha256: HOSTILE },
        refused: [{ line: 1, column: 1, code: "unknown_key", message: HOSTILE, pointer: "" }],
        issuersWithoutKeys: [HOSTILE],
      },
    ],
    keys: [
      {
        ...{ id: HOSTILE, issuer: HOSTILE },
        sets: [
          {
            ...{ from: "discovery", state: "serving", keys: 1, loadedAt: START, isRestored: false },
            ...{ loads: { ok: 1, failed: 1 }, failures: 1, failure: HOSTILE, notUsed: [], warnings: [] },
          },
        ],
      },
    ],
    rejections: [
      {
        ...{ policy: HOSTILE, rule: HOSTILE, issuer: HOSTILE, outcome: "deny", reason: "token_expired" },
        ...{ requests: answers * 20, lastAt: Date.now() },
      },
    ],
    judged: [
      { policy: HOSTILE, rule: HOSTILE, requests: answers * 100, denied: answers * 20, reported: 0, inReportMode: 1 },
    ],
  };
}

async function serveHostile(): Promise<{ readonly url: string; readonly stop: () => void; readonly port: number }> {
  const port = await findFreePort();
  let answers = 0;
  const stop = serveStatus({
    listen: { host: "127.0.0.1", port },
    read: () => {
      answers += 1;
      return hostileStatus(answers);
    },
    log: () => {},
  });
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${port}`, stop, port };
}

if (missingChromium === undefined) {
  describe("the web view in Chromium", { timeout: 180_000 }, () => {
    it("shows requests through a gateway, follows them, and asks only its own server", async () => {
      const scene = await startOutageScene({ scale: 0.5, mayUseKong: false });
      onTestFinished(scene.stop);
      const { page, asked, complaints, shows } = await open(scene.statusUrl);
      await shows("rejections", "token_expired");
      await shows("issuers", "partner");
      await shows("report-mode", "1 rule would refuse");
      await shows("policies", "2 policies in effect, none refused.");
      expect(await page.title()).toBe("ready – jwt-policy");
      const total = (): Promise<string> => page.locator("#figures .detail").first().innerText();
      const before = await total();
      await expect.poll(total).not.toBe(before);
      expect(await page.locator("#chart polygon").count()).toBe(3);

      await page.getByLabel("Group by").selectOption("reason");
      expect(await page.locator("#rejections thead").innerText()).not.toMatch(/policy/i);
      writeFileSync(join(scene.policyRoot, "shop.yaml"), "jwt_policy: 1\n");
      await shows("policies", "older version in effect");
      await scene.provider.fail("answers 503");
      await shows("issuers", "no answer, keys kept");

      expect(new Set(asked)).toEqual(new Set([`${scene.statusUrl}/status/view`, `${scene.statusUrl}/status`]));
      expect(complaints).toEqual([]);
    });

    it("shows hostile names and messages as text", async () => {
      const { url } = await serveHostile();
      const { page, asked, complaints, shows } = await open(url);
      for (const id of ["reasons", "rejections", "issuers", "policies", "rules"]) {
        await shows(id, "<img src=x onerror=");
        await shows(id, "\\u{202e}\\u{1b}");
      }
      expect(await page.title()).toBe("not ready – jwt-policy");
      expect(await page.locator("img, main script, iframe, object, embed").count()).toBe(0);
      expect(new Set(asked)).toEqual(new Set([`${url}/status/view`, `${url}/status`]));
      expect(complaints).toEqual([]);
    });

    it("cannot run or load anything else, even through a defect of its own script", async () => {
      const { url } = await serveHostile();
      const { page, complaints } = await open(url);
      const attempts = [
        'document.body.innerHTML = "<b>x</b>"',
        'document.body.insertAdjacentHTML("beforeend", "<b>x</b>")',
        'document.createElement("iframe").srcdoc = "<b>x</b>"',
        'document.body.append(Object.assign(document.createElement("script"), { text: "1" }))',
      ];
      for (const attempt of attempts) {
        expect(
          await page.evaluate(`(() => { try { ${attempt}; return "done"; } catch (error) { return error.name; } })()`),
        ).toBe("TypeError");
      }
      await page.evaluate(() => {
        const { document } = globalThis as unknown as { document: { createElement(name: string): { src: string } } };
        document.createElement("img").src = "http://127.0.0.1:1/x.png";
      });
      await expect.poll(() => complaints.some((text) => text.includes("img"))).toBe(true);
      const other = await page.evaluate(() =>
        fetch("http://127.0.0.1:1/").then(String, (error: Error) => error.message),
      );
      expect(other).toContain("Failed to fetch");
      expect(complaints.join("\n")).toMatch(/connect-src/);
    });

    it("cannot be put into another page, and another page cannot read it", async () => {
      const { url } = await serveHostile();
      const html = `<iframe src="${url}/status/view"></iframe><script>fetch("${url}/status").then(() => { document.title = "read"; }, () => { document.title = "not read"; })</script>`;
      const other = createServer((_, response) => response.setHeader("content-type", "text/html").end(html));
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => {
        other.closeAllConnections();
        other.close();
      });
      const page = await (await openChromium()).newPage();
      await page.goto(`http://localhost:${(other.address() as AddressInfo).port}/`);
      await expect.poll(() => page.title()).toBe("not read");
      const frame = page.frames()[1];
      expect(await frame?.locator("#figures").count()).toBe(0);
    });

    it("keeps its last answer when the server is gone, says so, and goes on when a server answers again", async () => {
      const { url, stop, port } = await serveHostile();
      const { page, shows } = await open(url);
      await shows("rejections", "token_expired");
      stop();
      await shows("problem", "gives no usable answer");
      expect(await page.locator("#rejections").textContent()).toContain("token_expired");
      const next = serveStatus({ listen: { host: "127.0.0.1", port }, read: () => hostileStatus(1), log: () => {} });
      onTestFinished(next);
      await expect.poll(() => page.locator("#problem").isHidden()).toBe(true);
    });

    it.each([400, 1_280])("fits into %d pixels, and its tables are tables for screen readers", async (width) => {
      const { url } = await serveHostile();
      const { page, shows } = await open(url, width);
      await shows("rejections", "token_expired");
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      const table = page.getByRole("table", { name: "Rejections" });
      expect(await table.getByRole("cell", { name: "token_expired" }).count()).toBe(1);
      expect(await table.getByRole("columnheader", { name: "Reason" }).count()).toBe(1);
      expect(await page.getByRole("heading", { level: 2 }).count()).toBe(6);
    });
  });
} else {
  reportMissing("the web view in Chromium", missingChromium);
}
