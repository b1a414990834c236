import { RULES, type Token } from "./gateway.ts";
import type { Place, World } from "./people.ts";

/** A service whose instances share one token. */
export interface Service {
  readonly name: string;
  token: Token;
}

const TOKEN_MS = 3_600_000;

/** Many pods in a private network of the cluster. */
export function createClusterService(world: World, index: number): Service {
  const { chance } = world;
  const pods = Array.from(
    { length: 4 + chance.random.below(40) },
    () => `10.${chance.random.below(4)}.${chance.random.below(256)}.${chance.random.below(254) + 1}`,
  );
  return createService(world, `service-${index}`, "cluster", pods);
}

/** Workers in a cloud that leave through three addresses. The operator has listed these networks as one network. */
export function createCloudService(world: World, index: number, exits: readonly string[]): Service {
  return createService(world, `cloud-${index}`, "cloud", exits);
}

function createService(world: World, name: string, kind: string, addresses: readonly string[]): Service {
  const { chance, gateway, timeline } = world;
  const create = (): Token => gateway.createToken(`normal ${kind}`, name, TOKEN_MS);
  const service: Service = { name, token: create() };
  const mean = chance.between(200, 3_000);
  const work = (): void => {
    if (gateway.isExpired(service.token)) {
      service.token = create();
    }
    gateway.request(service.token, chance.random.pick(addresses), chance.random.below(RULES.length));
    timeline.at(timeline.nowMs + chance.wait(mean), work);
  };
  timeline.at(timeline.nowMs + chance.wait(mean), work);
  return service;
}

/** A client that continues with an expired token: with growing pauses, or twice a second for two minutes. */
export function startRetrying({ gateway, timeline, chance }: World, sub: string, place: Place): void {
  const token = gateway.createToken("normal expired token", sub, 1_000);
  const isStubborn = chance.is(0.2);
  let pauseMs = isStubborn ? 500 : 1_000;
  const endMs = timeline.nowMs + (isStubborn ? 120_000 : 300_000);
  const retry = (): void => {
    gateway.request(token, place.address(), chance.random.below(RULES.length));
    pauseMs = isStubborn ? pauseMs : Math.min(60_000, pauseMs * 2);
    if (timeline.nowMs < endMs) {
      timeline.at(timeline.nowMs + pauseMs, retry);
    }
  };
  timeline.at(timeline.nowMs + 2_000, retry);
}

/** Tokens of another environment and tokens with old keys. Such tokens come all the time. */
export function startStrayTokens({ gateway, timeline, chance }: World): void {
  const stray = (): void => {
    const reason = chance.random.pick(["key_not_found", "issuer_untrusted", "algorithm_not_allowed"] as const);
    gateway.forged("normal stray token", chance.address(), reason);
    timeline.at(timeline.nowMs + chance.wait(4_000), stray);
  };
  stray();
}
