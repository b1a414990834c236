import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../../../plugin/kong/contract/plugin-identity.ts";
import { waitFor } from "../../../test/gateways/gateway.ts";
import { reportMissing } from "../../../test/gateways/kong/report-missing.ts";
import { findMissingKong } from "../../../test/kong/schema/admin-kong.ts";
import { createHybridWorld, type DataPlane, type HybridWorld, type SchemaVersion } from "./hybrid-world.ts";
import { findMissingPostgres } from "./postgres.ts";

const missing = findMissingKong() ?? findMissingPostgres();
/** Far longer than a change needs from one node to the other on a busy machine. */
const ARRIVAL_MS = 60_000;
const CONFIG = { policy_file: "hybrid.yaml", rule: "read" };

describe("hybrid mode", () => {
  if (missing !== undefined) {
    reportMissing("judges requests at the data plane with the configuration of the control plane", missing);
    return;
  }
  let world: HybridWorld;
  const endings: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    world = await createHybridWorld();
  });
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) {
      await end();
    }
  });
  afterAll(() => world?.stop());

  /** A field that only a newer version of the configuration has. */
  const field = { new_field: { type: "string" } };

  const start = async (controlPlane: SchemaVersion | undefined, dataPlane: SchemaVersion | undefined) => {
    const control = await world.startControlPlane(controlPlane);
    endings.push(control.stop);
    const data = await world.startDataPlane(dataPlane);
    endings.push(data.stop);
    return { control, data };
  };
  const getStatus = async ({ url }: DataPlane, name: string, token?: string): Promise<number> => {
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`${url}/${name}`, { headers: { "x-case": name, ...authorization } })).status;
  };
  /** Waits until the data plane has the route. Until then, the data plane answers 404. */
  const waitForRoute = (data: DataPlane, name: string): Promise<number | undefined> =>
    waitFor(async () => {
      const status = await getStatus(data, name);
      return status === 404 || status >= 500 ? undefined : status;
    }, ARRIVAL_MS);

  it("a control plane with only the dump configures, and the data plane judges requests", async () => {
    const { control, data } = await start(undefined, undefined);
    await control.addRoute("judged", CONFIG);
    expect(await waitForRoute(data, "judged")).toBe(401);
    expect(world.upstream.headersOf("judged")).toBeUndefined();
    expect(await getStatus(data, "judged", world.token)).toBe(200);
    expect(world.upstream.headersOf("judged")).toBeDefined();
  });

  it("with the dump, the control plane refuses configurations that the plugin cannot run, before any data plane gets them", async () => {
    const control = await world.startControlPlane();
    endings.push(control.stop);
    const { status, text } = await control.post("/plugins", { name: "jwt-policy", config: { rule: "read" } });
    expect(status).toBe(400);
    expect(text).toContain("policy_file");
  });

  it("a data plane continues to judge requests without its control plane", async () => {
    const { control, data } = await start(undefined, undefined);
    expect(await waitForRoute(data, "judged")).toBe(401);
    await control.stop();
    expect(await getStatus(data, "judged")).toBe(401);
    expect(await getStatus(data, "judged", world.token)).toBe(200);
  });

  it("a data plane that cannot accept a change continues to judge by its previous configuration", async () => {
    const { control, data } = await start({ newField: field }, undefined);
    expect(await waitForRoute(data, "judged")).toBe(401);
    await control.addRoute("newer", { ...CONFIG, new_field: "x" });
    expect(await waitFor(async () => /new_field/.test(await data.readLog()) || undefined, ARRIVAL_MS)).toBe(true);
    expect(await getStatus(data, "newer", world.token)).toBe(404);
    expect(await getStatus(data, "judged")).toBe(401);
    expect(await getStatus(data, "judged", world.token)).toBe(200);
    await control.removeRoute("newer");
  });

  const [major, minor] = VERSION.split(".").map(Number);
  const nextMinor = `${major}.${(minor ?? 0) + 1}.0`;
  const nextPatch = `${major}.${minor}.99`;
  const nextMajor = `${(major ?? 0) + 1}.0.0`;
  it.each<{
    title: string;
    controlPlane: SchemaVersion;
    dataPlane: SchemaVersion;
    config?: object;
    isTaken: boolean;
  }>([
    {
      title: "a newer control plane, its new field unused: taken",
      controlPlane: { version: nextMinor, newField: field },
      dataPlane: {},
      isTaken: true,
    },
    {
      title: "a newer control plane, its new field used: refused",
      controlPlane: { version: nextMinor, newField: field },
      dataPlane: {},
      config: { new_field: "x" },
      isTaken: false,
    },
    {
      title: "a newer control plane, its new field with a default: refused",
      controlPlane: { version: nextMinor, newField: { new_field: { type: "string", default: "x" } } },
      dataPlane: {},
      isTaken: false,
    },
    {
      title: "a data plane newer by a minor version: refused",
      controlPlane: {},
      dataPlane: { version: nextMinor, newField: field },
      isTaken: false,
    },
    {
      title: "a data plane newer by a patch: taken",
      controlPlane: {},
      dataPlane: { version: nextPatch },
      isTaken: true,
    },
    { title: "another major version: refused", controlPlane: { version: nextMajor }, dataPlane: {}, isTaken: false },
  ])("$title", async ({ title, controlPlane, dataPlane, config = {}, isTaken }) => {
    const { control, data } = await start(controlPlane, dataPlane);
    const name = title.replaceAll(/\W+/g, "-");
    await control.addRoute(name, { ...CONFIG, ...config });
    if (isTaken) {
      expect(await waitForRoute(data, name)).toBe(401);
    } else {
      const says = /unable to send updated configuration|unable to update running config|new_field/;
      const log = await waitFor(async () => {
        const logs = (await control.readLog()) + (await data.readLog());
        return says.test(logs) ? logs : undefined;
      }, ARRIVAL_MS);
      expect(log, "somebody says why").toMatch(says);
      expect(await getStatus(data, name)).toBe(404);
    }
    await control.removeRoute(name); // Control plane and data plane end, but the database stays, and the next data plane would get the route.
  });
});
