/** What every gateway of the conformance runs can do. */
export interface Gateway {
  /** Such as `Kong 3.9.3 (binary)`. */
  readonly name: string;
  readonly version: string;
  readonly url: string;
  /** The line that the plugin wrote about a request, at the gateway's default log level. */
  findDenialLine(requestId: string): Promise<string | undefined>;
  /** Ends the plugin server with SIGKILL and waits until another one serves. */
  restartPluginServer(): Promise<void>;
  stop(): Promise<void>;
}

interface GatewayInput {
  /** Text of a kong.yml. */
  readonly configText: string;
  readonly policyRoot: string;
}

/** A kind of gateway: how to start one here, or why that can not be. */
export interface GatewayKind {
  readonly label: string;
  readonly missing: string | undefined;
  start(input: GatewayInput): Promise<Gateway>;
}

/** Picks the line about one request out of a log. */
export function pickDenialLine(log: string, requestId: string): string | undefined {
  return log.split("\n").find((line) => line.includes("jwt-policy denied the request:") && line.includes(requestId));
}

/** Asks again until there is an answer, for what becomes visible a moment later. */
export async function waitFor<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  timeoutMs: number,
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
