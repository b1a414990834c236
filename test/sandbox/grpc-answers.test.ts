/** What a gRPC client gets of `kong.response.exit`: in the sandbox, and by the same calls in Lua on a Kong where there is one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { ExitArgsMessage, headersToStruct } from "../../plugin/server/protocol/messages.ts";
import { readKongConfig } from "../../sandbox/config/kong-config.ts";
import { startGateway } from "../../sandbox/gateway/gateway.ts";
import { createPluginClient } from "../../sandbox/plugin/plugin-client.ts";
import { requestHttp2 } from "../gateways/http2-client.ts";
import { kongBinary } from "../gateways/kong-binary.ts";
import { reportMissing } from "../gateways/report-missing.ts";
import { startFakePluginServer } from "./fake-plugin-server.ts";

interface Exit {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Told {
  readonly status: number;
  readonly grpcStatus?: string;
  readonly grpcMessage?: string;
  readonly contentType?: string;
  readonly body: string;
  /** Whether the head is all: `Trailers-Only`, as gRPC calls it. */
  readonly endsWithHead: boolean;
}

const JSON_TYPE = { "Content-Type": "application/json" };
const GRPC_TYPE = { "Content-Type": "application/grpc" };
const only = { body: "", endsWithHead: true } as const;

/** Statuses and the code that Kong makes of each. */
const codes = [
  [200, "0"],
  [301, "2"],
  [400, "3"],
  [401, "16"],
  [403, "7"],
  [404, "5"],
  [405, "3"],
  [409, "6"],
  [429, "8"],
  [499, "1"],
  [500, "13"],
  [501, "12"],
  [502, "13"],
  [503, "14"],
  [504, "4"],
] as const;

const EXITS: readonly (readonly [title: string, Exit, Told])[] = [
  ...codes.map(
    ([status, grpcStatus]) =>
      [
        `status ${status} is code ${grpcStatus}`,
        { status, body: "words" },
        { status, grpcStatus, grpcMessage: "words", ...only },
      ] as const,
  ),
  [
    "a body becomes the message as it is, JSON too, and control characters are encoded",
    { status: 401, body: '{"message":"100 %"}\r\n' },
    { status: 401, grpcStatus: "16", grpcMessage: '{"message":"100 %"}%0D%0A', ...only },
  ],
  ["without a body there is no message", { status: 403, body: "" }, { status: 403, grpcStatus: "7", ...only }],
  [
    "a Content-Type keeps code and message away, and the body stays",
    { status: 401, body: "{}", headers: JSON_TYPE },
    { status: 401, contentType: "application/json", body: "{}", endsWithHead: false },
  ],
  [
    "the Content-Type of gRPC brings the code with Kong's own words, and the body stays",
    { status: 503, body: "abc", headers: GRPC_TYPE },
    {
      status: 503,
      grpcStatus: "14",
      grpcMessage: "Unavailable",
      contentType: "application/grpc",
      body: "abc",
      endsWithHead: false,
    },
  ],
  [
    "a code that the plugin gives stays",
    { status: 503, body: "abc", headers: { "grpc-status": "9" } },
    { status: 503, grpcStatus: "9", grpcMessage: "abc", ...only },
  ],
  [
    "beside its own code Kong adds no words of its own",
    { status: 503, body: "", headers: { ...GRPC_TYPE, "grpc-status": "9" } },
    { status: 503, grpcStatus: "9", contentType: "application/grpc", ...only },
  ],
];

const CALL = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };

async function ask(url: string, path: string): Promise<Told> {
  const { status, headers, body, endsWithHead } = await requestHttp2(url, { ...CALL, ":path": path }, Buffer.alloc(5));
  const text = (name: string): string | undefined => headers[name]?.toString();
  const told = {
    grpcStatus: text("grpc-status"),
    grpcMessage: text("grpc-message"),
    contentType: text("content-type"),
  };
  const given = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
  return { status, ...given, body, endsWithHead };
}

const SERVICE = { name: "nobody", url: "grpc://127.0.0.1:9" };

describe("an exit that a gRPC client gets, in the sandbox", () => {
  const endings: (() => unknown)[] = [];
  let url = "";
  let exit: Exit;

  beforeAll(async () => {
    const plugin = await startFakePluginServer({
      onEvent: (peer) => {
        const { status, body, headers = {} } = exit;
        const args = { status, body: Buffer.from(body), headers: headersToStruct(headers) };
        peer.send("kong.response.exit", ExitArgsMessage.encode(args));
      },
    });
    const route = { name: "all", paths: ["/"], protocols: ["grpc"] };
    const plugins = [{ name: "jwt-policy", config: { policy: "x" } }];
    const services = [{ ...SERVICE, routes: [route] }];
    const read = readKongConfig(stringify({ _format_version: "3.0", services, plugins }));
    if ("problems" in read) {
      throw new Error(JSON.stringify(read.problems));
    }
    const quiet = { nginxVariables: {}, log: () => undefined };
    const pluginClient = createPluginClient({ socketPath: plugin.socketPath, readTimeout: 5_000, log: quiet.log });
    const gateway = await startGateway({ config: read.config, pluginClient, port: 0, ...quiet });
    url = `http://127.0.0.1:${gateway.port}`;
    endings.push(gateway.stop, pluginClient.close, plugin.stop);
  });
  afterAll(async () => {
    for (const end of endings) {
      await end();
    }
  });

  test.each(EXITS)("%s", async (_, given, told) => {
    exit = given;
    expect(await ask(url, "/pkg.Calls/Get")).toEqual(told);
  });
});

describe("an exit that a gRPC client gets, on a Kong binary", () => {
  const kong = kongBinary();
  if (kong.missing !== undefined) {
    reportMissing("is the same", kong.missing);
    return;
  }
  let gateway: Awaited<ReturnType<typeof kong.start>>;

  beforeAll(async () => {
    const routes = EXITS.map(([, exit], index) => ({
      name: `exit-${index}`,
      paths: [`/exit${index}.Calls`],
      protocols: ["grpc"],
      plugins: [{ name: "pre-function", config: { access: [writeLua(exit)] } }],
    }));
    const configText = stringify({ _format_version: "3.0", services: [{ ...SERVICE, routes }] });
    gateway = await kong.start({ configText, policyRoot: import.meta.dirname });
  }, 60_000);
  afterAll(() => gateway?.stop(), 60_000);

  test.each(EXITS.map(([title, , told], index) => [title, told, index] as const))("%s", async (_, told, index) => {
    expect(await ask(gateway.url, `/exit${index}.Calls/Get`)).toEqual(told);
  });
});

/** The same exit in Lua, whose quoted strings know the escapes of JSON that are used here. */
function writeLua({ status, body, headers = {} }: Exit): string {
  const table = Object.entries(headers).map(([name, value]) => `[${JSON.stringify(name)}] = ${JSON.stringify(value)}`);
  return `return kong.response.exit(${status}, ${JSON.stringify(body)}, { ${table.join(", ")} })`;
}
