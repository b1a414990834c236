import type { Circumstances, ProofResults } from "./proof-results.ts";
import { countRefused } from "./tally.ts";

const HEAD = `<!-- Rendered from docs/keys-proof.json; \`npm run soak:keys -- --write\` and \`PROOF_WRITE=1 npm run test:providers\` write both. -->
# Keys through rotation, outage and attack

What happens to valid requests while an issuer changes its keys, is down, or is used to attack: each table says which command
made it, and under each line stands nothing that was not measured. Lines of one table may be of different days; the last column says which.
How keys are fetched and what bounds it is in [keys.md](keys.md), the settings in the [policy reference](policy.md#issuer-key_refresh).
`;

const NOTHING = "–";

interface Column<Figures> {
  readonly title: string;
  readonly cell: (figures: Figures) => string;
}

/** docs/keys-proof.md. */
export function renderProof(results: ProofResults): string {
  return [
    HEAD,
    ...renderGateways(results),
    ...renderOutages(results),
    ...renderFloods(results),
    ...renderProviders(results),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function renderGateways({ gateways }: ProofResults): readonly string[] {
  return [
    "## Rotation, flood and outage under load",
    "",
    "`npm run soak:keys -- --seconds N`, with npm's `oidc-provider` and `key_refresh: { min: 10s, max: 10s, cooldown: 5s }`, the narrowest",
    "there is. A closed loop measures the capacity; from then on valid requests come at half of it, whatever the answers take, while",
    "",
    "- the provider **rotates** by the book, again and again: it publishes a key, waits for longer than `max`, switches, lets clients change",
    "  over, and retires the old key, whose tokens are tried on;",
    "- a key **signs at once**, without having been published before: its first token is tried until it passes, at any moment between two fetches;",
    "- tokens with **unknown kids** come at a quarter of the capacity beside it, while more keys sign at once;",
    "- the provider is **down**: it breaks off every connection.",
    "",
    ...table(Object.entries(gateways), [
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
        title: "refused of them after that",
        cell: ({ rotations }) => String(rotations.reduce((sum, { refusedAfterwards }) => sum + refusedAfterwards, 0)),
      },
    ]),
    ...table(Object.entries(gateways), [
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
    ]),
  ];
}

function renderOutages({ outages }: ProofResults): readonly string[] {
  return [
    "## A provider that is down for a day",
    "",
    "The same command. The clock and the timers are simulated, the connections are real; `key_refresh` is the default: refreshed after 5 min",
    "(`max` 15 min), cooldown 30 s, `max_stale` 3 d. A request with a known key comes every 10 s.",
    "",
    ...table(Object.entries(outages), [
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
    ]),
  ];
}

function renderFloods({ floods }: ProofResults): readonly string[] {
  return [
    "## 10,000 unknown kids per second at the key source",
    "",
    "The same command, without a gateway in between; the cooldown is 5 s. What comes while a fetch is under way waits for it, 256 at most;",
    "the rest gets `overloaded`, a 503, since it may not be called invalid.",
    "",
    ...table(Object.entries(floods), [
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
    ]),
  ];
}

function renderProviders({ providers }: ProofResults): readonly string[] {
  return [
    "## Providers",
    "",
    "`npm run test:providers`, through the plugin server behind the sandbox, with the bounds of the first table. Keycloak rotates by its",
    "Admin API: a key with a low priority is published, with the highest it signs, and the others are removed. dex (commit",
    "ab64ed778070) rotates by itself every 30 s, signs at once, and keeps old keys until their last token has expired.",
    "",
    ...table(Object.entries(providers), [
      { title: "provider", cell: ({ provider }) => provider },
      { title: "a key that signs at once passes after", cell: ({ unannouncedMs }) => seconds(unannouncedMs) },
      { title: "a retired key's tokens passed for", cell: ({ passedForMs }) => seconds(passedForMs) },
    ]),
  ];
}

function table<Figures>(
  rows: readonly (readonly [string, Figures & Circumstances])[],
  columns: readonly Column<Figures & Circumstances>[],
): readonly string[] {
  const all = [...columns, { title: "on", cell: describeCircumstances }];
  return [
    `| ${all.map(({ title }) => title).join(" | ")} |`,
    `|${" --- |".repeat(all.length)}`,
    ...rows.map(([, figures]) => `| ${all.map(({ cell }) => cell(figures)).join(" | ")} |`),
    "",
  ];
}

function describeCircumstances({ node, system, processors, commit, date }: Circumstances): string {
  return `${date.slice(0, 10)}, ${commit.slice(0, 10)}${commit.slice(40)}, Node ${node}, ${system}, ${processors} processors`;
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
