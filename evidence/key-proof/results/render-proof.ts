import { putRow } from "../../results/page.ts";
import type { Run } from "../../results/results-folder.ts";
import { type Column, RUN_COLUMNS, renderHeader, renderRow } from "../../results/table.ts";
import type { Sections } from "./proof-results.ts";
import { countRefused } from "./tally.ts";

const NOTHING = "–";

/** The tables of docs/evidence/keys-proof.md that have a row for each result of a section. */
const TABLES: { readonly [Section in keyof Sections]: readonly (readonly Column<Sections[Section]>[])[] } = {
  gateways: [
    [
      { title: "gateway", cell: ({ gateway }) => gateway },
      { title: "ran for", cell: ({ seconds: ran }) => `${ran} s` },
      { title: "capacity, load", cell: ({ capacity, rate }) => `${capacity}/s, ${rate}/s` },
      {
        title: "valid requests refused",
        cell: ({ valid }) =>
          `${countRefused(valid)} of ${valid.requests}${countRefused(valid) === 0 ? "" : ` (${listAnswers(valid.refused)})`}`,
      },
      { title: "rotations", cell: ({ rotations }) => String(rotations.length) },
      {
        title: "a retired key's tokens passed for (at most `max`)",
        cell: ({ rotations }) => range(rotations.map(({ passedForMs }) => passedForMs)),
      },
      {
        title: "of these tokens, refused after that",
        cell: ({ rotations }) => String(rotations.reduce((sum, { refusedAfterwards }) => sum + refusedAfterwards, 0)),
      },
    ],
    [
      { title: "gateway", cell: ({ gateway }) => gateway },
      {
        title: "a key that signs at once passes after (at most the cooldown)",
        cell: ({ unannouncedMs }) => range(unannouncedMs),
      },
      { title: "the same under the flood", cell: ({ unannouncedUnderFloodMs }) => range(unannouncedUnderFloodMs) },
      {
        title: "unknown kids, passed",
        cell: ({ flood: { requests, seconds, passed } }) => `${requests} in ${seconds} s, ${passed} passed`,
      },
      { title: "answers to them", cell: ({ flood: { refused } }) => listAnswers(refused) },
      {
        title: "fetches at the provider, shortest time between two",
        cell: ({ flood: { fetches, shortestGapMs } }) => `${fetches}, ${seconds(shortestGapMs)}`,
      },
      { title: "provider down for", cell: ({ outageSeconds }) => `${outageSeconds} s` },
    ],
  ],
  outages: [
    [
      {
        title: "the provider",
        cell: ({ failure, hours, unknownKids }) =>
          `${failure}, ${hours} h${unknownKids ? "; a token with an unknown kid beside each request" : ""}`,
      },
      {
        title: "valid requests refused",
        cell: ({ refused, requests, unavailableAfterSeconds }) =>
          `${refused} of ${requests}${unavailableAfterSeconds === undefined ? "" : `: 503, from ${unavailableAfterSeconds / 3600} h on`}`,
      },
      { title: "attempts", cell: ({ attempts }) => String(attempts) },
      {
        title: "time between two",
        cell: ({ shortestGapSeconds, longestGapSeconds }) => `${shortestGapSeconds} to ${longestGapSeconds} s`,
      },
      {
        title: "/status at the end",
        cell: ({ shown: { failures, failure, ageSeconds } }) =>
          `${failures} failures, "${failure}", loaded ${Math.round(ageSeconds / 3600)} h ago`,
      },
      { title: "loaded again after its end", cell: ({ backAfterSeconds }) => `${backAfterSeconds} s` },
    ],
  ],
  floods: [
    [
      { title: "the provider answers after", cell: ({ providerMs }) => `${providerMs} ms` },
      {
        title: "unknown kids",
        cell: ({ unknownKids, perSecond, seconds: took }) => `${unknownKids} in ${took} s: ${perSecond}/s`,
      },
      {
        title: "outcomes",
        cell: ({ outcomes }) =>
          Object.entries(outcomes)
            .map(([name, count]) => `${name} ${count}`)
            .join(", "),
      },
      {
        title: "fetches, shortest time between two",
        cell: ({ fetches, shortestGapMs }) => `${fetches}, ${seconds(shortestGapMs)}`,
      },
      { title: "known kid not found", cell: ({ known: { notFound, lookups } }) => `${notFound} of ${lookups}` },
      {
        title: "its look-up (median, 99 %)",
        cell: ({ known: { medianMicroseconds, p99Microseconds } }) => `${medianMicroseconds} µs, ${p99Microseconds} µs`,
      },
      { title: "heap after − before", cell: ({ heapGrowthKilobytes }) => `${heapGrowthKilobytes} kB` },
    ],
  ],
  providers: [
    [
      { title: "provider", cell: ({ provider }) => provider },
      { title: "a key that signs at once passes after", cell: ({ unannouncedMs }) => seconds(unannouncedMs) },
      { title: "a retired key's tokens passed for", cell: ({ passedForMs }) => seconds(passedForMs) },
    ],
  ],
};

/** The sections in the order of the page. */
export const SECTIONS = Object.keys(TABLES) as readonly (keyof Sections)[];

/** The headers of a section's tables, as the page has them. */
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
