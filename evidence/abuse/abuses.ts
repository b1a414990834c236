import { RULES, type Token } from "./gateway.ts";
import type { Service } from "./machines.ts";
import { loadPage, type Person, type World } from "./people.ts";

/** One planted abuse. */
export interface Abuse {
  readonly label: string;
  readonly kind: string;
  readonly startMs: number;
}

export interface TheftOptions {
  readonly label: string;
  /** The average time between two requests of the thief. */
  readonly thiefMs: number;
  /** The average time between two pages of the victim; undefined if the victim continues as before. */
  readonly victimMs: number | undefined;
  readonly forMs: number;
  /** The thief's addresses. */
  readonly addresses: readonly string[];
}

/** A thief uses a user's token while the user works. */
export function plantTheft(world: World, victim: Person, options: TheftOptions): Abuse {
  const { gateway, timeline, chance } = world;
  const { label, thiefMs, victimMs, forMs, addresses } = options;
  const startMs = timeline.nowMs;
  const endMs = startMs + forMs;
  const stolen: Token = gateway.createToken(label, victim.name, 15 * 60_000);
  victim.token = stolen;
  const steal = (): void => {
    gateway.request(stolen, chance.random.pick(addresses), chance.random.below(RULES.length));
    if (timeline.nowMs < endMs) {
      timeline.at(timeline.nowMs + chance.wait(thiefMs), steal);
    }
  };
  const work = (): void => {
    loadPage(world, victim);
    if (victimMs !== undefined && timeline.nowMs < endMs) {
      timeline.at(timeline.nowMs + chance.wait(victimMs), work);
    }
  };
  // The victim has used the token for some time, so the guards already have verdicts about the token.
  if (victimMs !== undefined) {
    for (let before = 0; before < 30_000; before += victimMs) {
      timeline.at(startMs + before, () => loadPage(world, victim));
    }
    timeline.at(startMs + 30_000 + chance.wait(victimMs), work);
  }
  timeline.at(startMs + 30_000, steal);
  return { label, kind: "shared_token", startMs: startMs + 30_000 };
}

/** A thief outside the cluster uses the token of a service. */
export function plantServiceTheft(world: World, service: Service | undefined, label: string): Abuse {
  const { gateway, timeline, chance } = world;
  const startMs = timeline.nowMs;
  const stolen = service?.token ?? gateway.createToken(label, label, 900_000);
  stolen.label = label;
  const address = chance.address();
  const steal = (): void => {
    gateway.request(stolen, address, chance.random.below(RULES.length));
    if (timeline.nowMs < startMs + 300_000) {
      timeline.at(timeline.nowMs + chance.wait(3_000), steal);
    }
  };
  steal();
  return { label, kind: "shared_token", startMs };
}

/** A user tries many requests that its token does not allow. */
export function plantProbing({ gateway, timeline, chance }: World, label: string): Abuse {
  const token = gateway.createToken(label, label, 900_000);
  const address = chance.address();
  const startMs = timeline.nowMs;
  const probe = (): void => {
    gateway.request(token, address, chance.random.below(RULES.length), "scope_insufficient");
    if (timeline.nowMs < startMs + 90_000) {
      timeline.at(timeline.nowMs + chance.wait(100), probe);
    }
  };
  probe();
  return { label, kind: "failing_subject", startMs };
}

/** Tokens with invented keys. */
export function plantForging({ gateway, timeline, chance }: World, label: string): Abuse {
  const startMs = timeline.nowMs;
  const forge = (): void => {
    gateway.forged(label, chance.address(), "key_not_found");
    if (timeline.nowMs < startMs + 90_000) {
      timeline.at(timeline.nowMs + chance.wait(150), forge);
    }
  };
  forge();
  return { label, kind: "unknown_keys", startMs };
}

/** A token of the right issuer that lives for a year. */
export function plantLongLife({ gateway, timeline, chance }: World, label: string): Abuse {
  const token = gateway.createToken(label, label, 365 * 86_400_000);
  gateway.request(token, chance.address());
  return { label, kind: "long_lifetime", startMs: timeline.nowMs };
}

/** After a change of the policy or of the clients, the plugin denies most requests of one rule. */
export function plantDenials({ gateway, timeline, chance }: World, label: string): Abuse {
  const startMs = timeline.nowMs;
  const address = chance.address();
  const deny = (): void => {
    const token = gateway.createToken(label, `${label} ${chance.random.below(1_000_000)}`, 900_000);
    gateway.request(token, address, 0, "audience_mismatch");
    if (timeline.nowMs < startMs + 120_000) {
      timeline.at(timeline.nowMs + chance.wait(5), deny);
    }
  };
  deny();
  return { label, kind: "denial_rate", startMs };
}
