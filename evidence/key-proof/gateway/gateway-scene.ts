import type { GatewayKind } from "../../../test/gateways/gateway.ts";
import { waitFor } from "../../../test/gateways/gateway.ts";
import { createProofWorld, NARROW_REFRESH } from "../proof-world.ts";
import { type Counter, createCounter } from "../results/tally.ts";
import {
  AUDIENCE,
  generateProviderKey,
  type ProviderKey,
  type RotatingProvider,
  SCOPE,
  startRotatingProvider,
} from "../rotating-provider.ts";
import { type Client, createClient, measureCapacity, type OpenLoad, startOpenLoad } from "./open-load.ts";

/** A provider, a gateway that trusts the provider, and valid requests all the time. */
export interface GatewayScene {
  readonly gateway: string;
  readonly url: string;
  readonly provider: RotatingProvider;
  /** How many requests per second a closed loop got answered. */
  readonly capacity: number;
  /** The number of valid requests per second from this time on. */
  readonly rate: number;
  /** The results of the valid requests. */
  readonly valid: Counter;
  /** The key that is published and signs. */
  currentKey(): ProviderKey;
  /** Makes a new key that is not published yet. */
  createKey(): Promise<ProviderKey>;
  /**
   * Records that this key signs now. Clients then use these tokens, in addition to the earlier tokens or in place of
   * them.
   */
  use(key: ProviderKey, tokens: readonly string[], beside?: boolean): void;
  tokensInUse(): readonly string[];
  stop(): Promise<void>;
}

const START_MS = 20_000;
/** How many different tokens are in use at a time. */
export const TOKENS = 200;

/** Starts all processes, measures the capacity, and sends valid requests at half of the capacity. */
export async function setUpScene(kind: GatewayKind, capacitySeconds: number): Promise<GatewayScene> {
  let keys = 1;
  let current = await generateProviderKey("key-1");
  const provider = await startRotatingProvider([current]);
  const issuer = { issuer: provider.issuer, audiences: [AUDIENCE], key_refresh: NARROW_REFRESH };
  const world = await createProofWorld(issuer, SCOPE);
  const gateway = await kind.start(world);
  const client = createClient(gateway.url);
  let tokens = await provider.mintTokens(TOKENS);
  await waitUntilServing(client, tokens[0] ?? "");
  const capacity = await measureCapacity(client, tokens, capacitySeconds);
  const rate = capacity / 2;
  const valid = createCounter();
  let count = 0;
  const load: OpenLoad = startOpenLoad(
    client,
    () => {
      count += 1;
      return { kind: "valid", token: tokens[count % tokens.length] ?? "" };
    },
    valid.note,
  );
  load.setRate(rate);
  return {
    gateway: gateway.name,
    url: gateway.url,
    provider,
    capacity,
    rate,
    valid,
    currentKey: () => current,
    createKey() {
      keys += 1;
      return generateProviderKey(`key-${keys}`);
    },
    use(key, fresh, beside = false) {
      current = key;
      tokens = beside ? [...tokens, ...fresh] : [...fresh];
    },
    tokensInUse: () => tokens,
    async stop() {
      await load.stop();
      await client.stop();
      await gateway.stop();
      await world.stop();
      await provider.stop();
    },
  };
}

async function waitUntilServing(client: Client, token: string): Promise<void> {
  const isServing = await waitFor(async () => {
    const { answer } = await client.send({ kind: "valid", token });
    return answer === "200" ? true : undefined;
  }, START_MS);
  if (!isServing) {
    throw new Error("the gateway does not serve even before the proof");
  }
}
