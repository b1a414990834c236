import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { statusAt } from "../status-fixture.ts";
import { openPage, type Page } from "./page-elements.ts";

/** The server's behaviour for a request of the page. */
type Reaction = () => Response | Promise<Response>;

const json =
  (status: object): Reaction =>
  () =>
    Response.json(status);
const FIRST = json(statusAt(0, {}));
const BUSY = json(statusAt(10, { passed: 90, expired: 10, reported: 3 }));

let page: Page;
let windowEvents: Record<string, () => void>;
let reactions: Reaction[];
let asked: { readonly url: string; readonly options: RequestInit }[];
beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
  vi.resetModules();
  page = openPage();
  windowEvents = {};
  reactions = [];
  asked = [];
  vi.stubGlobal("location", { href: "http://127.0.0.1:9000/status/view?x=1" });
  vi.stubGlobal("addEventListener", (event: string, listener: () => void) => {
    windowEvents[event] = listener;
  });
  vi.stubGlobal("fetch", async (url: URL, options: RequestInit) => {
    asked.push({ url: String(url), options });
    return (reactions.shift() ?? BUSY)();
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Opens the page on a server that first answers in this way, and then like {@link BUSY}. */
async function open(...next: readonly Reaction[]): Promise<void> {
  reactions.push(...next);
  await import("../../../../plugin/server/view/browser/main.ts");
  await vi.advanceTimersByTimeAsync(0);
}
const wait = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const figure = (index: number): string => page.find("figures").children[index]?.textContent ?? "";
const areas = (): number => page.find("chart").all.filter(({ name }) => name === "polygon").length;

describe("the script of the page asks", () => {
  it("/status of its own server, follows no redirect, and waits ten seconds at most", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout");
    await open(FIRST);
    expect(asked).toEqual([
      {
        url: "http://127.0.0.1:9000/status",
        options: {
          ...{ cache: "no-store", credentials: "same-origin", redirect: "error" },
          signal: timeout.mock.results[0]?.value,
        },
      },
    ]);
    expect(timeout.mock.calls).toEqual([[10_000]]);
  });

  it("every two seconds", async () => {
    await open(FIRST);
    await wait(1_999);
    expect(asked).toHaveLength(1);
    await wait(1);
    expect(asked).toHaveLength(2);
  });

  it("asks a slow server for at most a twentieth of the time", async () => {
    await open(async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      return FIRST();
    });
    await wait(500 + 9_999);
    expect(asked).toHaveLength(1);
    await wait(1);
    expect(asked).toHaveLength(2);
  });

  it("only while the page can be seen, and then measures rates anew", async () => {
    await open(FIRST, BUSY);
    await wait(2_000);
    expect(figure(0)).toBe("Requests13 /s130 in total");
    page.hidden = true;
    await wait(60_000);
    page.events.happen("visibilitychange");
    await wait(0);
    expect(asked).toHaveLength(2);
    page.hidden = false;
    page.events.happen("visibilitychange");
    await wait(0);
    expect(asked).toHaveLength(3);
    expect(figure(0)).toBe("Requests– /s130 in total");
  });
});

describe("the script of the page shows", () => {
  it("state, title, rates and chart; the first answer has no rates", async () => {
    await open(FIRST, BUSY);
    expect([page.textOf("state"), page.title, figure(0)]).toEqual([
      "ready",
      "ready – jwt-policy",
      "Requests– /s0 in total",
    ]);
    expect(areas()).toBe(0);
    await wait(2_000);
    expect(figure(0)).toBe("Requests13 /s130 in total");
    expect(areas()).toBe(3);
    expect(page.find("chart").attributes["aria-label"]).toBe(
      "Requests of the last five minutes. Now: Requests: 13 /s, Refused: 1.0 /s, Report mode: 0.3 /s",
    );
    expect(page.textOf("policies")).toContain("ab".repeat(32));
  });

  it("how old the answer is, each second", async () => {
    await open(() => new Promise((resolve) => setTimeout(() => resolve(FIRST() as Response), 3_000)));
    expect(page.textOf("updated")).toBe("");
    await wait(1_000);
    expect(page.textOf("updated")).toBe("no answer yet");
    await wait(2_000);
    expect(page.textOf("updated")).toBe("updated 0 s ago");
    await wait(1_000);
    expect(page.textOf("updated")).toBe("updated 1 s ago");
  });

  it.each<[what: string, reaction: Reaction, why: string]>([
    ["503", () => new Response("", { status: 503 }), "the status is 503"],
    ["another document", json({}), "the answer has another version of /status"],
    ["nothing", () => Promise.reject(new Error("Failed to fetch")), "Failed to fetch"],
    ["an unknown failure", () => Promise.reject("no"), "unknown error"],
  ])("the last answer, marked as old, after %s, until the next answer", async (_what, reaction, why) => {
    await open(FIRST, reaction);
    const stale = (): readonly boolean[] => ["tables", "figures"].map((id) => page.find(id).className === "stale");
    expect([page.find("problem").hidden, ...stale()]).toEqual([true, false, false]);
    await wait(2_000);
    expect([page.find("problem").hidden, ...stale()]).toEqual([false, true, true]);
    expect(page.textOf("problem")).toBe(
      `The plugin server gives no usable answer: ${why}. This page shows the last usable answer.`,
    );
    expect([page.textOf("updated"), page.textOf("state")]).toEqual(["updated 2 s ago", "ready"]);
    await wait(2_000);
    expect([page.find("problem").hidden, ...stale()]).toEqual([true, false, false]);
    expect(page.textOf("updated")).toBe("updated 0 s ago");
  });

  it("a failure of the first request, and no chart or table, for any size of the window", async () => {
    await open(() => Promise.reject(new Error("Failed to fetch")));
    windowEvents.resize?.();
    expect([page.find("problem").hidden, page.textOf("updated")]).toEqual([false, "no answer yet"]);
    expect([page.find("chart").children, page.find("tables").children]).toEqual([[], []]);
  });

  it("the chart in the new width of the window", async () => {
    await open(FIRST, BUSY);
    await wait(2_000);
    page.find("chart").clientWidth = 700;
    windowEvents.resize?.();
    expect(page.find("chart").children[0]?.attributes.width).toBe("700");
    expect(areas()).toBe(3);
  });

  it("rejections grouped as the user wants, at once, and offers the choice once", async () => {
    await open(FIRST, BUSY, BUSY);
    await wait(4_000);
    const head = page.querySelector("#rejections .head");
    expect(head?.children.at(-1)?.html).toBe(
      "<label>Group by <select><option>rule, reason and issuer</option><option>rule</option><option>reason</option><option>issuer</option></select></label>",
    );
    const select = page.querySelector("#rejections select");
    expect(select?.children.map(({ value }) => value)).toEqual(["all", "rule", "reason", "issuer"]);
    expect(head?.all.filter(({ name }) => name === "label")).toHaveLength(1);
    const headings = (): string => page.querySelector("#rejections thead")?.textContent ?? "";
    const all = headings();
    for (const [value, shown] of [
      ["issuer", "Per secondTotalOutcomeIssuerLast"],
      ["unknown", all],
    ] as const) {
      Object.assign(select ?? {}, { value });
      select?.happen("change");
      expect(headings()).toBe(shown);
    }
  });
});
