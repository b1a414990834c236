import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { serveStatus } from "../../../plugin/server/status/status.ts";
import { findFreePort } from "../../gateways/free-port.ts";

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

async function ask(path: string, method = "GET", host = "127.0.0.1"): Promise<Answer> {
  const port = await findFreePort();
  await new Promise<void>((resolve) => {
    const stop = serveStatus({
      listen: { host: "127.0.0.1", port },
      read: () => {
        throw new Error("the page itself has no data");
      },
      log: () => resolve(),
    });
    onTestFinished(stop);
  });
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path, method, headers: { host } }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on("error", reject);
    request.end();
  });
}

/** The parts of a Content-Security-Policy. */
function readPolicy(headers: Answer["headers"]): Readonly<Record<string, string>> {
  const parts = String(headers["content-security-policy"]).split("; ");
  return Object.fromEntries(parts.map((part) => [part.split(" ")[0], part.split(" ").slice(1).join(" ")]));
}

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

describe("/status/view", () => {
  it("is a page with one script and one style, and its headers allow nothing else", async () => {
    const { status, headers, text } = await ask("/status/view");
    expect(status).toBe(200);
    const [scripts, styles] = [
      [...text.matchAll(/<script>(.*?)<\/script>/gs)],
      [...text.matchAll(/<style>(.*?)<\/style>/gs)],
    ];
    expect([scripts.length, styles.length]).toEqual([1, 1]);
    expect(readPolicy(headers)).toEqual({
      "default-src": "'none'",
      "script-src": hash(scripts[0]?.[1] ?? ""),
      "style-src": hash(styles[0]?.[1] ?? ""),
      "connect-src": "'self'",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": "'none'",
      "require-trusted-types-for": "'script'",
      "trusted-types": "'none'",
    });
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
  });

  it("names no other address, and has no handler or style in an attribute", async () => {
    const { text } = await ask("/status/view");
    const html = text.replace(/<script>.*<\/script>/s, "").replace(/<style>.*<\/style>/s, "");
    expect(text.match(/https?:\/\/[^"'\s]*/g)).toEqual(["http://www.w3.org/2000/svg"]);
    expect(html).not.toMatch(/ (?:on\w+|style|src)=/);
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/);
  });

  it("is found with a query, and HEAD has the same headers without the page", async () => {
    expect((await ask("/status/view?x=1")).status).toBe(200);
    const { status, headers, text } = await ask("/status/view", "HEAD");
    expect([status, text]).toEqual([200, ""]);
    expect(headers["content-security-policy"]).toContain("script-src");
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("answers 405 to %s", async (method) => {
    const { status, text } = await ask("/status/view", method);
    expect([status, text]).toEqual([405, expect.stringContaining("Only GET and HEAD")]);
  });

  it("is not for pages of other sites, which reach the server under their own name", async () => {
    const { status, text } = await ask("/status/view", "GET", "evil.example");
    expect([status, text]).toEqual([421, expect.stringContaining("Use an IP address")]);
  });
});

it("answers other than the page may not be shown inside a page, stored, or read as another type", async () => {
  for (const path of ["/status/live", "/none"]) {
    expect((await ask(path)).headers).toMatchObject({
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
  }
});
