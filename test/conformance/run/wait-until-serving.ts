import { type Gateway, waitFor } from "../../gateways/gateway.ts";
import { send } from "./send.ts";

/** Until the plugin server listens, every answer is a 500 and nothing reaches the upstream. */
export async function waitUntilServing(gateway: Gateway): Promise<void> {
  const testCase = { title: "", path: "/public", status: 200 };
  const gap = { testCase, protocol: "http/1.1", id: "gap", authorization: undefined } as const;
  await waitFor(async () => (await send(gateway, gap)).status === 200 || undefined);
}
