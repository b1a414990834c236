import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEchoUpstream } from "../../sandbox/demo/echo-upstream.ts";
import { EXAMPLES, type TokenName } from "../../sandbox/demo/examples.ts";
import { startIdentityProvider } from "../../sandbox/demo/identity-provider.ts";
import { copyForPorts } from "../../sandbox/demo/local-copy.ts";
import { mintExampleTokens, runExample } from "../../sandbox/demo/run-examples.ts";
import { type Gateway, waitFor } from "../gateways/gateway.ts";
import { kongBinary } from "../gateways/kong/kong-binary.ts";
import { reportMissing } from "../gateways/kong/report-missing.ts";

const ROOT = new URL("../../", import.meta.url);
const kong = kongBinary();

/** The requests that `npm start` prints, sent to a real Kong with the repository's own kong.yml and policies. */
describe("the examples of npm start on a Kong binary", () => {
  if (kong.missing !== undefined) {
    reportMissing("give the same results as the sandbox", kong.missing);
    return;
  }
  let gateway: Gateway;
  let tokens: Readonly<Record<TokenName, string>>;
  const endings: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const provider = await startIdentityProvider(0);
    endings.unshift(provider.stop);
    const upstream = await startEchoUpstream(0);
    endings.unshift(upstream.stop);
    tokens = await mintExampleTokens(provider);
    const copy = await copyForPorts(
      fileURLToPath(new URL("kong.yml", ROOT)),
      fileURLToPath(new URL("policies", ROOT)),
      {
        upstream: upstream.port,
        provider: Number(new URL(provider.issuer).port),
      },
    );
    endings.unshift(copy.remove);
    gateway = await kong.start(copy);
    endings.unshift(gateway.stop);
    await waitFor(async () => (await fetch(`${gateway.url}/health`)).status === 200 || undefined);
  }, 60_000);
  afterAll(async () => {
    for (const end of endings) {
      await end();
    }
  }, 60_000);

  it.each(EXAMPLES)("$method $path: $title", async (example) => {
    const { status, differences } = await runExample(gateway.url, example, tokens);
    expect({ status, differences }).toEqual({ status: example.status, differences: [] });
  });
});
