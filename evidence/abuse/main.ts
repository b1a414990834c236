/**
 * Simulates traffic with planted abuses. Counts which abuses the watch finds, and how often it raises a false alarm. The watch is
 * the real code with its default settings. Kong's workers, their guards and the decisions are simulated.
 *
 *   npm run bench:abuse -- [--requests 20000000] [--thefts 1000] [--seed 1] [--guards 4]
 */
import { parseArgs } from "node:util";
import { readAbuseSettings } from "../../plugin/policy/settings/read-abuse-settings.ts";
import { compileAbuseSettings } from "../../plugin/runtime/abuse-settings.ts";
import { WATCHED_REUSE_MS } from "../../plugin/runtime/verdict-cache.ts";
import {
  type Abuse,
  plantDenials,
  plantForging,
  plantLongLife,
  plantProbing,
  plantServiceTheft,
  plantTheft,
} from "./abuses.ts";
import { Chance } from "./chance.ts";
import { type Alarm, Gateway } from "./gateway.ts";
import { createCloudService, createClusterService, type Service, startRetrying, startStrayTokens } from "./machines.ts";
import { createOffice, createPerson, type Person, type World } from "./people.ts";
import { Timeline } from "./timeline.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "20000000" },
    thefts: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    guards: { type: "string", default: "4" },
    people: { type: "string", default: "4000" },
  },
});
const requests = Number(values.requests);
const thefts = Number(values.thefts);
const seed = Number(values.seed);
const guards = Number(values.guards);
const allPeople = Number(values.people);

const MINUTE_MS = 60_000;
/** A cloud's NAT gateways. The operator lists the NAT gateways as one group. */
const EXITS = ["192.0.2.10", "198.51.100.10", "203.0.113.10"];
const DOCUMENT = {
  abuse: 1,
  shared_tokens: { shared_networks: { private: ["10.0.0.0/8"], cloud: EXITS } },
  limits: { lines_per_minute: 1_000 },
};

function createSettings(): ReturnType<typeof compileAbuseSettings> {
  const read = readAbuseSettings(JSON.stringify(DOCUMENT));
  if (!read.ok) {
    throw new Error(JSON.stringify(read.failure));
  }
  return compileAbuseSettings(read.value, undefined);
}

interface Scene extends World {
  readonly persons: readonly Person[];
  readonly services: readonly Service[];
}

/**
 * The clients of a day: users, services, clients with expired tokens, and clients with tokens of other environments.
 */
function createScene(ownSeed: number, people: number): Scene {
  const chance = new Chance(ownSeed);
  const timeline = new Timeline();
  const gateway = new Gateway({ settings: createSettings(), timeline, chance, guards, unseenMs: WATCHED_REUSE_MS });
  const world = { chance, timeline, gateway };
  const offices = Array.from({ length: Math.ceil(people / 160) }, (_, index) => createOffice(world, index));
  const persons = Array.from({ length: people }, (_, index) => createPerson(world, index, offices));
  const inCluster = Array.from({ length: people / 50 }, (_, index) => createClusterService(world, index));
  const inCloud = Array.from({ length: people / 400 }, (_, index) => createCloudService(world, index, EXITS));
  startStrayTokens(world);
  const expire = (): void => {
    const person = chance.random.pick(persons);
    startRetrying(world, person.name, person.place);
    timeline.at(timeline.nowMs + chance.wait(8_000_000 / people), expire);
  };
  expire();
  return { ...world, persons, services: [...inCluster, ...inCloud] };
}

function measureFalseAlarms(): void {
  const { gateway, timeline } = createScene(seed, allPeople);
  let minutes = 0;
  while (gateway.requests < requests) {
    minutes += 1;
    timeline.runUntil(minutes * MINUTE_MS);
  }
  const { alarms, hits } = gateway;
  const { bytes, lost } = gateway.watch.status();
  const inMillion = ((alarms.length / gateway.requests) * 1e6).toFixed(2);
  console.log(
    `${gateway.requests} normal requests in ${minutes} minutes: ${alarms.length} false alarms, ${inMillion} in a million`,
  );
  for (const [kind, count] of countKinds(alarms)) {
    console.log(`- ${count}: ${kind}`);
  }
  console.log(
    `The guards answered ${((hits / gateway.requests) * 100).toFixed(0)} % of the requests alone. Tables: ${(bytes / 1e6).toFixed(1)} MB, ${lost} records lost.\n`,
  );
}

function countKinds(alarms: readonly Alarm[]): ReadonlyMap<string, number> {
  const kinds = new Map<string, number>();
  for (const { kind, label } of alarms) {
    kinds.set(`${kind} (${label})`, (kinds.get(`${kind} (${label})`) ?? 0) + 1);
  }
  return kinds;
}

/** How long it took until the watch found each planted abuse. */
function findDelays(abuses: readonly Abuse[], { gateway }: Scene): readonly number[] {
  return abuses.map(({ label, kind, startMs }) => {
    const found = gateway.alarms.find(
      (alarm) => alarm.kind === kind && alarm.atMs >= startMs && (alarm.label === label || kind === "denial_rate"),
    );
    return found ? found.atMs - startMs : Number.POSITIVE_INFINITY;
  });
}

/**
 * The share of the planted abuses that the watch finds in time. Also the time after which it has found half of them.
 */
function judge(delays: readonly number[]): readonly string[] {
  const within = (ms: number): string =>
    `${((delays.filter((delay) => delay <= ms).length / delays.length) * 100).toFixed(1)} %`;
  const sorted = delays.filter(Number.isFinite).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  return [
    String(delays.length),
    within(MINUTE_MS),
    within(5 * MINUTE_MS),
    median === undefined ? "–" : `${Math.round(median / 1_000)} s`,
  ];
}

interface Planting {
  readonly count: number;
  readonly everyMs: number;
  /** The time in which the detectors learn the usual numbers. */
  readonly learnMs: number;
  /** How many crowds. Each crowd has the same number of abuses. */
  readonly scenes?: number;
}

/** Plants abuses one after the other, with fewer other clients. */
function plant(
  what: string,
  { count, everyMs, learnMs, scenes = 1 }: Planting,
  begin: (scene: Scene, index: number) => Abuse,
): void {
  const delays: number[] = [];
  for (let crowd = 1; crowd <= scenes; crowd += 1) {
    const scene = createScene(seed + crowd, Math.max(1_000, count));
    const abuses: Abuse[] = [];
    for (let index = 0; index < count; index += 1) {
      scene.timeline.at(learnMs + index * everyMs, () => abuses.push(begin(scene, index)));
    }
    scene.timeline.runUntil(learnMs + count * everyMs + 6 * MINUTE_MS);
    delays.push(...findDelays(abuses, scene));
  }
  console.log(`| ${[what, ...judge(delays)].join(" | ")} |`);
}

/** Each theft has another victim, because two thieves of one token are found faster. */
function measureThefts(): void {
  const all: Planting = { count: thefts, everyMs: 1_000, learnMs: MINUTE_MS };
  const few: Planting = { ...all, count: Math.ceil(thefts / 10) };
  const forMs = 5 * MINUTE_MS;
  // The result is a copy, so that only the planted pages use the stolen token.
  const victimOf = ({ persons, chance }: Scene, index: number): Person => ({
    ...(persons[index] ?? chance.random.pick(persons)),
  });
  for (const victimMs of [5_000, 10_000, 20_000, 40_000]) {
    for (const thiefMs of [300, 1_000, 3_000, 10_000]) {
      const what = `a theft: the user loads a page every ${victimMs / 1_000} s, and the thief sends a request every ${thiefMs / 1_000} s`;
      plant(what, all, (scene, index) =>
        plantTheft(scene, victimOf(scene, index), {
          ...{ label: `theft ${index}`, thiefMs, victimMs, forMs },
          addresses: [scene.chance.address()],
        }),
      );
    }
  }
  // One theft for each of the crowd's services.
  plant("a service's token is stolen, and the thief sends a request every 3 s", { ...all, count: 20 }, (scene, index) =>
    plantServiceTheft(scene, scene.services[index], `theft ${index}`),
  );
  plant("a token is published in a forum, and twenty clients each send three requests a minute", all, (scene, index) =>
    plantTheft(
      scene,
      { ...victimOf(scene, index) },
      {
        ...{ label: `theft ${index}`, thiefMs: 1_000, victimMs: undefined, forMs },
        addresses: Array.from({ length: 20 }, () => scene.chance.address()),
      },
    ),
  );
  plant("a token is stolen after its user has stopped sending requests", few, (scene, index) =>
    plantTheft(
      scene,
      { ...victimOf(scene, index) },
      {
        ...{ label: `theft ${index}`, thiefMs: 1_000, victimMs: undefined, forMs },
        addresses: [scene.chance.address()],
      },
    ),
  );
  plant("a token is stolen by a thief in the user's network", few, (scene, index) => {
    const victim = { ...victimOf(scene, index), place: { address: () => "198.18.0.7" } };
    return plantTheft(scene, victim, {
      ...{ label: `theft ${index}`, thiefMs: 1_000, victimMs: 5_000, forMs },
      addresses: ["198.18.0.99"],
    });
  });
}

function measureOthers(): void {
  const learnMs = 20 * MINUTE_MS;
  const some = Math.ceil(thefts / 20);
  plant("a subject is denied ten times a second", { count: some, everyMs: 120_000, learnMs }, (scene, index) =>
    plantProbing(scene, `probing ${index}`),
  );
  // Each run has only one such abuse, because such tokens become usual if there are several.
  const once: Planting = { count: 1, everyMs: 0, learnMs: 30 * MINUTE_MS, scenes: Math.ceil(thefts / 50) };
  plant("a client sends seven tokens a second with invented keys", { ...once, learnMs }, (scene) =>
    plantForging(scene, "forging"),
  );
  plant("a token lives for a year", once, (scene) => plantLongLife(scene, "long life"));
  plant("most requests of a rule are denied", { ...once, learnMs }, (scene) => plantDenials(scene, "denials"));
}

console.log(`Seed ${seed}, ${guards} workers with the guard.\n`);
measureFalseAlarms();
if (thefts > 0) {
  console.log(
    "| simulated abuse | number of runs | found within a minute | found within five minutes | half of the found abuses found within |",
  );
  console.log("| --- | --- | --- | --- | --- |");
  measureThefts();
  measureOthers();
}
