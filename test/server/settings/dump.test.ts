import { describe, expect, it } from "vitest";
import { renderDump } from "../../../plugin/server/settings/dump.ts";
import { runNode, SERVER_MAIN } from "../server-process.ts";

const dump = JSON.parse(renderDump());
const [plugin] = dump.Plugins;

/** The definition of a field in Kong's form of schemas: a list of objects with one key each. */
function field(fields: readonly Record<string, unknown>[], name: string): unknown {
  return fields.find((entry) => name in entry)?.[name];
}

it("is pure JSON on one line of standard output, with an empty environment, and the process exits with 0", async () => {
  const server = runNode([SERVER_MAIN, "--dump"]);
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(server.stdout()).toBe(`${renderDump()}\n`);
  expect(server.stdout().trimEnd()).not.toContain("\n");
  expect(server.stderr()).toBe("");
});

it("names the protocol that fails closed, and one plugin, because Kong uses only the first", () => {
  expect(Object.keys(dump)).toEqual(["Protocol", "Plugins"]);
  expect(dump.Protocol).toBe("ProtoBuf:1");
  expect(dump.Plugins).toHaveLength(1);
  expect(plugin).toMatchObject({ Name: "jwt-policy", Version: "0.1.0", Priority: 1450, Phases: ["access"] });
  expect(plugin.Schema.name).toBe("jwt-policy");
});

describe("its schema", () => {
  const { fields } = plugin.Schema;

  it("has no consumer", () => {
    expect(field(fields, "consumer")).toEqual({ type: "foreign", reference: "consumers", eq: null });
  });

  it("allows only the protocols of HTTP", () => {
    const protocols = ["grpc", "grpcs", "http", "https"];
    expect(field(fields, "protocols")).toMatchObject({
      type: "set",
      required: true,
      default: protocols,
      elements: { type: "string", one_of: protocols },
    });
  });

  it("requires exactly one of policy_file and policy", () => {
    const pair = ["policy_file", "policy"];
    expect(field(fields, "config")).toMatchObject({
      type: "record",
      required: true,
      entity_checks: [{ only_one_of: pair }, { at_least_one_of: pair }],
    });
  });

  it("has three fields, each a described text with limits", () => {
    const config = field(fields, "config") as { fields: readonly Record<string, object>[] };
    const entries = config.fields.flatMap((entry) => Object.entries(entry));
    expect(entries.map(([name]) => name)).toEqual(["policy_file", "policy", "rule"]);
    for (const [, definition] of entries) {
      expect(definition).toMatchObject({
        type: "string",
        len_min: 1,
        len_max: expect.any(Number),
        description: expect.stringMatching(/\.$/),
      });
    }
  });
});
