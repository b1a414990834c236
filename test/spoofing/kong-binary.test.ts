import { expect, it } from "vitest";
import { waitFor } from "../gateways/gateway.ts";
import { kongBinary } from "../gateways/kong/kong-binary.ts";
import { foldName } from "./oracle.ts";
import { runSpoofing } from "./run-spoofing.ts";
import { PLAIN_REQUEST, sendRequest } from "./world/send.ts";
import { createSpoofingWorld } from "./world/world.ts";

runSpoofing(kongBinary());

const letsAnyNamePass = kongBinary({
  adapt: (settings) => ({ ...settings, KONG_NGINX_PROXY_IGNORE_INVALID_HEADERS: "off" }),
});

// An assumption of SECURITY.md about nginx. The test also proves that this suite notices if the assumption is false.
it.skipIf(letsAnyNamePass.missing)(
  "if nginx keeps header names with any character, a dot in a name has the effect of a dash",
  async () => {
    const world = await createSpoofingWorld();
    const kong = await letsAnyNamePass.start(world);
    const lines = [
      ["x-case", "dots"],
      ["x.user.id", "evil"],
    ] as const;
    const request = { ...PLAIN_REQUEST, path: "/public", lines };
    await waitFor(async () => (await sendRequest(kong.url, request)) === 200 || undefined);
    const received = (await world.upstreams.linesOf("dots"))?.filter(([name]) => foldName(name) === "X_USER_ID");
    await kong.stop();
    await world.stop();
    expect(received).toEqual([["x.user.id", "evil"]]);
  },
  120_000,
);
