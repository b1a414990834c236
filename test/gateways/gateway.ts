import { type Neighbours, neighboursHere } from "./neighbours.ts";

/** The functions of every gateway in the conformance and fault runs. */
export interface Gateway {
  /** The title of the gateway, such as `Kong 3.9.3 (binary)`. */
  readonly name: string;
  readonly version: string;
  /** The address that serves HTTP/1.1. A Kong also serves HTTP/2 there, for clients that begin with HTTP/2. */
  readonly url: string;
  /** The address that serves HTTP/1.1 over TLS, with a self-signed certificate. Only a real Kong has this property. */
  readonly tlsUrl?: string;
  /**
   * The address that serves HTTP/1.1 to clients from the network. The member is absent if clients reach `url` from an
   * address of this machine.
   */
  readonly networkUrl?: string;
  /** The line that the plugin wrote about a request, at the gateway's default log level. */
  findDenialLine(requestId: string): Promise<string | undefined>;
  /** Ends the plugin server with SIGKILL, and waits until another plugin server serves. */
  restartPluginServer(): Promise<void>;
  stop(): Promise<void>;
}

/** A gateway with access to its parts. So tests can cause faults. */
export interface FaultyGateway extends Gateway {
  /** The socket of the plugin server, as a path on this machine. */
  readonly socket: string;
  /** The process of the plugin server that the gateway started; undefined if none is running. */
  pluginServerPid(): Promise<number | undefined>;
  /** Starts the plugin server's process again, as `kong reload` does. The function is for gateways without a Kong. */
  reload?(): Promise<void>;
  /** Functions that only a Kong has. */
  readonly kong?: KongControl;
}

interface KongControl {
  /** `kong reload` starts new workers, while the old workers finish their requests. */
  reload(): Promise<void>;
  /** Sends the text of a kong.yml to the Admin API, and returns when Kong has accepted it. */
  load(configText: string): Promise<void>;
  /** Kills the worker that started the plugin server (SIGKILL). */
  killWorkerZero(): Promise<void>;
}

/** Kong's settings as environment variables. */
export type KongSettings = Readonly<Record<string, string>>;

/**
 * Changes the settings with which Kong starts. For example, Kong has more workers, or another command starts the plugin
 * server.
 */
export type AdaptSettings = (settings: KongSettings) => KongSettings;

export const keepSettings: AdaptSettings = (settings) => settings;

interface GatewayInput {
  /** Text of a kong.yml. */
  readonly configText: string;
  readonly policyRoot: string;
}

/** Why tests over HTTP/2, gRPC and TLS do not run on the sandbox. */
export const SANDBOX_IS_HTTP1 = "the sandbox serves only HTTP/1.1 without TLS (docs/adr/0029); a real Kong runs these";

/** A kind of gateway. It says how to start such a gateway on this machine, or why this is impossible. */
export interface GatewayKind {
  readonly label: string;
  readonly missing: string | undefined;
  /**
   * Opens the container for servers that the gateway reaches on its own loopback address. Only needed if this address
   * is not the loopback address of this machine.
   */
  openNeighbours?(): Promise<Neighbours>;
  /**
   * The reason why the gateway serves only HTTP/1.1 without TLS. Absent for a Kong, because a Kong also serves HTTP/2,
   * gRPC and TLS.
   */
  readonly onlyHttp1?: string;
  start(input: GatewayInput): Promise<Gateway>;
}

/**
 * The place for the servers around a gateway. The servers must be open before the gateway starts, because the gateway's
 * configuration names them.
 */
export async function openNeighbours(kind: GatewayKind): Promise<Neighbours> {
  return kind.openNeighbours?.() ?? neighboursHere();
}

export interface FaultyGatewayKind extends GatewayKind {
  start(input: GatewayInput): Promise<FaultyGateway>;
}

/** The setting with the command that starts the plugin server. */
export const START_CMD = "KONG_PLUGINSERVER_JWT_POLICY_START_CMD";

/** Picks the line about one request out of a log. */
export function pickDenialLine(log: string, requestId: string): string | undefined {
  const lines = log.split("\n").filter((line) => /jwt-policy (?:would have )?denied the request:/.test(line));
  return lines.find((line) => line.includes(requestId));
}

/** Ends the plugin server, and waits until another process runs. */
export async function restartPluginServer(find: FaultyGateway["pluginServerPid"]): Promise<void> {
  const pid = await find();
  process.kill(pid ?? Number.NaN, "SIGKILL");
  await waitFor(async () => {
    const next = await find();
    return next === pid ? undefined : next;
  });
}

/**
 * Repeats the call until it returns a value. The function is for results that appear a moment later. The usual limit is
 * far more than that takes on a busy machine.
 */
export async function waitFor<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 45_000,
): Promise<T | undefined> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || Date.now() > end) {
      return answer;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
