/**
 * The script of /status/view. The script asks /status of its own server at intervals, and shows the answers as text.
 */
import { GROUPINGS, type Grouping, type ServerReading } from "../counted-rows.ts";
import { formatAge } from "../format.ts";
import { describeServers, describeTraffic } from "../overview.ts";
import { RateWindow } from "../rate-window.ts";
import { readStatusDocument } from "../status-document.ts";
import { createCell } from "../table.ts";
import { drawChart, keepRecent, type Sample } from "./chart.ts";
import { find, setText, showOverview } from "./render-page.ts";

const INTERVAL_MS = 2_000;
/**
 * If a server has many policies, its answer takes longer. So the page then asks less often, and the server spends at
 * most 1/MAX_SHARE of its time on the answers.
 */
const MAX_SHARE = 20;
const TIMEOUT_MS = 10_000;
const TICK_MS = 1_000;

let rates = new RateWindow();
let samples: readonly Sample[] = [];
let by: Grouping = "all";
let answeredAt = 0;
/** Shows the newest answer again. Before the first answer, this function does nothing. */
let showAgain = (): void => {};
let drawAgain = (): void => {};

async function ask(): Promise<ServerReading> {
  const response = await fetch(new URL("../status", location.href), {
    cache: "no-store",
    credentials: "same-origin", // The request has the page's cookies, because a proxy in front of the server may need them.
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const document = response.ok ? readStatusDocument(await response.json()) : undefined;
  if (document === undefined) {
    throw new Error(response.ok ? "the answer has another version of /status" : `the status is ${response.status}`);
  }
  answeredAt = Date.now();
  return { name: "", document, rates: rates.measure(document) };
}

function show(reading: ServerReading): void {
  const overview = describeServers([reading], { by, isHashWhole: true });
  showOverview(overview);
  document.title = `${overview.state.text} – jwt-policy`;
}

function showTraffic(reading: ServerReading): void {
  const { traffic, figures } = describeTraffic([reading]);
  if (traffic.requests !== undefined) {
    samples = keepRecent(samples, { ...traffic, at: reading.document.at });
  }
  const chart = find("chart");
  drawChart(chart, samples);
  const now = figures.slice(0, 3).map(({ name, value }) => `${name}: ${value.text}`);
  chart.setAttribute("aria-label", `Requests of the last five minutes. Now: ${now.join(", ")}`);
}

/** @param failure why the server does not answer; undefined if the server has just answered. */
function showAnswered(failure: string | undefined): void {
  const problem = find("problem");
  problem.hidden = failure === undefined;
  find("tables").classList.toggle("stale", failure !== undefined);
  find("figures").classList.toggle("stale", failure !== undefined);
  if (failure !== undefined) {
    setText(
      problem,
      createCell(`The plugin server gives no usable answer: ${failure}. This page shows the last usable answer.`),
    );
  }
  showAge();
}

function showAge(): void {
  const text = answeredAt === 0 ? "no answer yet" : `updated ${formatAge(Date.now() - answeredAt)} ago`;
  setText(find("updated"), createCell(text));
}

function offerGroupings(): void {
  const select = document.createElement("select");
  for (const grouping of GROUPINGS) {
    const option = document.createElement("option");
    option.value = grouping;
    option.textContent = grouping === "all" ? "rule, reason and issuer" : grouping;
    select.append(option);
  }
  select.addEventListener("change", () => {
    by = GROUPINGS.find((grouping) => grouping === select.value) ?? "all";
    showAgain();
  });
  const label = document.createElement("label");
  label.append("Group by ", select);
  document.querySelector("#rejections .head")?.append(label);
}

/** Asks the server only while the page is visible. */
async function watch(): Promise<void> {
  for (;;) {
    const start = performance.now();
    try {
      const reading = await ask();
      const isFirst = document.getElementById("rejections") === null;
      showAgain = () => show(reading);
      drawAgain = () => showTraffic(reading);
      showAgain();
      drawAgain();
      if (isFirst) {
        offerGroupings();
      }
      showAnswered(undefined);
    } catch (error) {
      showAnswered(error instanceof Error ? error.message : "unknown error");
    }
    const tookMs = performance.now() - start;
    await new Promise((resolve) => setTimeout(resolve, Math.max(INTERVAL_MS, tookMs * MAX_SHARE)));
    while (document.hidden) {
      await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
      rates = new RateWindow(); // After a long time without answers, the rate would be an average over that time and not the current rate.
    }
  }
}

setInterval(showAge, TICK_MS);
addEventListener("resize", () => drawAgain());
void watch();
