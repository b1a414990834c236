import { createRequire } from "node:module";
import {
  AUDIENCE,
  generateProviderKey,
  type ProviderKey,
  SCOPE,
  startRotatingProvider,
} from "../key-proof/rotating-provider.ts";
import { type ProviderKind, type RotationSteps, takeStepsAtOnce } from "./provider.ts";

const { version } = createRequire(import.meta.url)("oidc-provider/package.json") as { readonly version: string };

/** npm's oidc-provider runs in the process of the test, so this provider needs no installation. */
export const oidcProvider: ProviderKind = {
  label: "oidc-provider",
  missing: undefined,
  async start() {
    let count = 1;
    let signing: ProviderKey = await generateProviderKey("key-1");
    let next = signing;
    const provider = await startRotatingProvider([signing]);
    const steps: RotationSteps = {
      async publish() {
        count += 1;
        next = await generateProviderKey(`key-${count}`);
        await provider.setKeys([signing, next]);
      },
      async switchOver() {
        await provider.setKeys([next, signing]);
        signing = next;
      },
      retire: () => provider.setKeys([signing]),
    };
    return {
      name: `oidc-provider ${version}`,
      issuer: { issuer: provider.issuer, audiences: [AUDIENCE], keys: { discovery: true } },
      scope: SCOPE,
      mintToken: async () => (await provider.mintTokens(1))[0] ?? "",
      switchAtOnce: () => takeStepsAtOnce(steps),
      steps,
      stop: provider.stop,
    };
  },
};
