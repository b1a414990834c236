import type { Chance } from "./chance.ts";
import { type Gateway, RULES, type Token } from "./gateway.ts";
import type { Timeline } from "./timeline.ts";

export interface World {
  readonly gateway: Gateway;
  readonly timeline: Timeline;
  readonly chance: Chance;
}

/** Where a client's requests come from. */
export interface Place {
  address(): string;
}

/** A user of a web or mobile application. */
export interface Person {
  readonly name: string;
  readonly place: Place;
  token: Token;
}

const TOKEN_MS = 15 * 60_000;
const LONG_LIVED_MS = 8 * 3_600_000;
/** A session lasts a minute longer than this on average. In a session, an application polls, or its user reads pages. */
const SESSION_MS = 600_000;
const POLL_MS = 3_000;
const PAGE_MS = 10_000;

export function createPerson(world: World, index: number, offices: readonly Place[]): Person {
  const { chance, gateway } = world;
  const place = choosePlace(world, offices);
  const name = `user-${index}`;
  // A few clients, such as a partner's clients, get tokens with a longer lifetime.
  const lifetime = index % 40 === 0 ? LONG_LIVED_MS : TOKEN_MS;
  const token = gateway.createToken(`normal ${place.name}`, name, lifetime);
  // An application uses a token for some time before the simulation begins.
  const person: Person = { name, place: place.place, token };
  const { timeline } = world;
  // Few users are busy, and most are not. The rank of a user decides how long the user is away (Zipf).
  const awayMs = 60_000 + (3_600_000 * (1 + (index % 1_000))) / 1_000;
  const isPolling = index % 3 === 0;
  let sessionEndMs = 0;
  const live = (): void => {
    if (timeline.nowMs > sessionEndMs) {
      sessionEndMs = timeline.nowMs + 60_000 + chance.wait(SESSION_MS);
    }
    if (gateway.isExpired(person.token)) {
      person.token = gateway.createToken(`normal ${place.name}`, name, lifetime);
    }
    if (isPolling) {
      gateway.request(person.token, place.place.address());
    } else {
      loadPage(world, person);
    }
    const pauseMs = isPolling ? POLL_MS : chance.wait(PAGE_MS);
    timeline.at(timeline.nowMs + pauseMs, timeline.nowMs + pauseMs < sessionEndMs ? live : leave);
  };
  const leave = (): void => timeline.at(timeline.nowMs + chance.wait(awayMs), live);
  timeline.at(timeline.nowMs + chance.wait(awayMs), live);
  return person;
}

/**
 * A page makes several requests within a second. In some cases one of these requests is not allowed, and the
 * application shows less.
 */
export function loadPage({ gateway, timeline, chance }: World, { token, place }: Person): void {
  const count = 2 + chance.random.below(6);
  for (let request = 0; request < count; request += 1) {
    const reason = chance.is(0.002) ? "scope_insufficient" : undefined;
    timeline.at(timeline.nowMs + chance.between(0, 1_000), () =>
      gateway.request(token, place.address(), chance.random.below(RULES.length), reason),
    );
  }
}

function choosePlace(world: World, offices: readonly Place[]): { readonly name: string; readonly place: Place } {
  const { chance } = world;
  const draw = chance.part();
  if (draw < 0.3) {
    const address = chance.address();
    return { name: "home", place: { address: () => address } };
  }
  if (draw < 0.45) {
    return { name: "home with IPv6", place: createIpv6Home(chance) };
  }
  if (draw < 0.7) {
    return { name: "office", place: chance.random.pick(offices) };
  }
  if (draw < 0.98) {
    return { name: "mobile", place: createMobile(world, 240_000, 20_000) };
  }
  return { name: "commuter", place: createMobile(world, 45_000, 10_000) };
}

/** IPv6 addresses with privacy extensions (RFC 8981): a client has several addresses of one network at a time. */
function createIpv6Home(chance: Chance): Place {
  const prefix = chance.prefix();
  return { address: () => `${prefix}::${(chance.random.below(3) + 1).toString(16)}` };
}

/**
 * Many people behind one address. Every fourth office has two providers, and each new connection uses one of the two.
 */
export function createOffice({ chance, timeline }: World, index: number): Place {
  const first = chance.address();
  if (index % 4 !== 0) {
    return { address: () => first };
  }
  const second = chance.address();
  let current = first;
  const reconnect = (): void => {
    current = chance.is(0.5) ? first : second;
    timeline.at(timeline.nowMs + 15_000 + chance.wait(60_000), reconnect);
  };
  reconnect();
  return { address: () => current };
}

/**
 * A phone that alternates between the network at home or on a train and the network of its mobile provider. Requests
 * overlap for a moment at half of the changes.
 */
function createMobile({ chance, timeline }: World, meanMs: number, leastMs: number): Place {
  const wifi = chance.address();
  let current = wifi;
  let former = wifi;
  let overlapUntil = 0;
  const change = (): void => {
    former = current;
    current = current === wifi ? chance.address() : wifi;
    overlapUntil = chance.is(0.5) ? timeline.nowMs + chance.between(200, 3_000) : 0;
    timeline.at(timeline.nowMs + leastMs + chance.wait(meanMs), change);
  };
  timeline.at(timeline.nowMs + chance.wait(meanMs), change);
  return {
    address: () => (timeline.nowMs < overlapUntil && chance.is(0.5) ? former : current),
  };
}
