import { putRow } from "../../results/page.ts";
import type { Run } from "../../results/results-folder.ts";
import { type Column, RUN_COLUMNS, renderHeader, renderRow } from "../../results/table.ts";
import type { Sections } from "./proof-results.ts";
import { countRefused } from "./tally.ts";

const NOTHING = "–";

/** The tables of docs/evidence/keys-proof.md. Each table has a row for each result of a section. */
const TABLES: { readonly [Section in keyof Sections]: readonly (readonly Column<Sections[Section]>[])[] } = {
  gateways: [
    [
      { title: "gateway", cell: ({ gateway }) => gateway },
      { title: "duration of the test", cell: ({ seconds: ran }) => `${ran} s` },
      { title: "capacity of the gateway, load of the test", cell: ({ capacity, rate }) => `${capacity}/s, ${rate}/s` },
      {
        title: "valid requests refused",
        cell: ({ valid }) =>
          `${countRefused(valid)} of ${valid.requests}${countRefused(valid) === 0 ? "" : ` (${listAnswers(valid.refused)})`}`,
      },
      { title: "rotations", cell: ({ rotations }) => String(rotations.length) },
      {
        title: "time for which tokens of a retired key passed (at most `max`)",
        cell: ({ rotations }) => range(rotations.map(({ passedForMs }) => passedForMs)),
      },
      {
        title: "refused tokens of a retired key after this time",
        cell: ({ rotations }) => String(rotations.reduce((sum, { refusedAfterwards }) => sum + refusedAfterwards, 0)),
      },
    ],
    [
      { title: "gateway", cell: ({ gateway }) => gateway },
      {
        title: "time until tokens of an unannounced key pass (at most the cooldown)",
        cell: ({ unannouncedMs }) => range(unannouncedMs),
      },
      {
        title: "time until tokens of a new key pass during the flood",
        cell: ({ unannouncedUnderFloodMs }) => range(unannouncedUnderFloodMs),
      },
      {
        title: "tokens with unknown kids, and how many passed",
        cell: ({ flood: { requests, seconds, passed } }) => `${requests} in ${seconds} s, ${passed} passed`,
      },
      { title: "answers to tokens with unknown kids", cell: ({ flood: { refused } }) => listAnswers(refused) },
      {
        title: "fetches from the provider, shortest time between two fetches",
        cell: ({ flood: { fetches, shortestGapMs } }) => `${fetches}, ${seconds(shortestGapMs)}`,
      },
      { title: "time for which the provider was down", cell: ({ outageSeconds }) => `${outageSeconds} s` },
    ],
  ],
  outages: [
    [
      {
        title: "the provider",
        cell: ({ failure, hours, unknownKids }) =>
          `${failure}, ${hours} h${unknownKids ? "; for each request, the test also sends a token with an unknown kid" : ""}`,
      },
      {
        title: "valid requests refused",
        cell: ({ refused, requests, unavailableAfterSeconds }) =>
          `${refused} of ${requests}${unavailableAfterSeconds === undefined ? "" : `: 503, from ${unavailableAfterSeconds / 3600} h on`}`,
      },
      { title: "attempts to fetch keys", cell: ({ attempts }) => String(attempts) },
      {
        title: "time between two attempts",
        cell: ({ shortestGapSeconds, longestGapSeconds }) => `${shortestGapSeconds} to ${longestGapSeconds} s`,
      },
      {
        title: "/status at the end",
        cell: ({ shown: { failures, failure, ageSeconds } }) =>
          `${failures} failures, "${failure}", loaded ${Math.round(ageSeconds / 3600)} h ago`,
      },
      { title: "time until the keys were loaded again", cell: ({ backAfterSeconds }) => `${backAfterSeconds} s` },
    ],
  ],
  floods: [
    [
      { title: "the provider answers after", cell: ({ providerMs }) => `${providerMs} ms` },
      {
        title: "look-ups of unknown kids",
        cell: ({ unknownKids, perSecond, seconds: took }) => `${unknownKids} in ${took} s: ${perSecond}/s`,
      },
      {
        title: "results of look-ups",
        cell: ({ outcomes }) =>
          Object.entries(outcomes)
            .map(([name, count]) => `${name} ${count}`)
            .join(", "),
      },
      {
        title: "fetches, shortest time between two fetches",
        cell: ({ fetches, shortestGapMs }) => `${fetches}, ${seconds(shortestGapMs)}`,
      },
      {
        title: "failed look-ups of a known kid",
        cell: ({ known: { notFound, lookups } }) => `${notFound} of ${lookups}`,
      },
      {
        title: "time of a look-up of a known kid (median, 99 %)",
        cell: ({ known: { medianMicroseconds, p99Microseconds } }) => `${medianMicroseconds} µs, ${p99Microseconds} µs`,
      },
      { title: "growth of the heap", cell: ({ heapGrowthKilobytes }) => `${heapGrowthKilobytes} kB` },
    ],
  ],
  providers: [
    [
      { title: "provider", cell: ({ provider }) => provider },
      {
        title: "time until tokens of an unannounced key pass",
        cell: ({ unannouncedMs }) => seconds(unannouncedMs),
      },
      { title: "time for which tokens of a retired key passed", cell: ({ passedForMs }) => seconds(passedForMs) },
    ],
  ],
};

/** The sections in the order of the page. */
export const SECTIONS = Object.keys(TABLES) as readonly (keyof Sections)[];

/** The headings of the tables in a section of the page. */
export function renderHeaders(section: keyof Sections): readonly string[] {
  return TABLES[section].map((columns) => renderHeader<never>([...columns, ...RUN_COLUMNS]));
}

/** Puts figures into the tables of docs/evidence/keys-proof.md. */
export function putFigures<Section extends keyof Sections>(
  page: string,
  section: Section,
  figures: Sections[Section] & Run,
): string {
  return TABLES[section].reduce((text, columns) => {
    const all: readonly Column<Sections[Section] & Run>[] = [...columns, ...RUN_COLUMNS];
    return putRow(text, renderHeader(all), renderRow(all, figures));
  }, page);
}

function listAnswers(refused: Readonly<Record<string, number>>): string {
  return Object.entries(refused)
    .map(([answer, count]) => `${count} times ${answer}`)
    .join("; ");
}

function range(ms: readonly number[]): string {
  const from = seconds(Math.min(...ms));
  const to = seconds(Math.max(...ms));
  return from === to ? to : `${from} to ${to}`;
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? NOTHING : `${(ms / 1000).toFixed(1)} s`;
}
