import { type IdentityProvider, startIdentityProvider } from "../../sandbox/demo/identity-provider.ts";
import { startKeyServer } from "../keys/key-server.ts";
import { startUpstreams } from "../spoofing/world/upstreams.ts";
import { startRecordingGrpcUpstream } from "./recording-grpc-upstream.ts";
import { startRecordingUpstream } from "./recording-upstream.ts";

/**
 * The address at which the provider listens. Clients also send requests to it, so its port must be known before it
 * starts.
 */
export interface ProviderPlace {
  /** 0 means any free port. */
  readonly port: number;
  readonly host?: string;
}

/** The servers that Kong and the plugin server talk to. Results of functions must be JSON, because they may come from another process. */
export const NEIGHBOURS = {
  provider: ({ port, host }: ProviderPlace): Promise<IdentityProvider> => startIdentityProvider(port, { host }),
  upstream: startRecordingUpstream,
  grpcUpstream: startRecordingGrpcUpstream,
  byteUpstreams: startUpstreams,
  async keyServer() {
    const { origin, requests, answer, stop } = await startKeyServer();
    return {
      origin,
      /** The paths, in the order of the requests. */
      listRequests: () => requests,
      answerJson: (path: string, json: unknown): void => answer(path, { json }),
      stop,
    };
  },
};

export type NeighbourName = keyof typeof NEIGHBOURS;

/** A server that may run in another process. Its functions answer immediately, or with a promise. */
type Distant<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => R | Promise<Awaited<R>> : T[K];
};

export type Neighbour<Name extends NeighbourName> = Distant<Awaited<ReturnType<(typeof NEIGHBOURS)[Name]>>>;

/** Starts servers on the loopback address of the gateway and the plugin server. */
export interface Neighbours {
  start<Name extends NeighbourName>(name: Name): Promise<Neighbour<Name>>;
  /** Stops all servers that were started. */
  stop(): Promise<void>;
}

/** If the gateway is on this machine, the servers run in this process. */
export function neighboursHere(): Neighbours {
  const started: { stop(): Promise<void> }[] = [];
  return {
    async start(name) {
      const server = await NEIGHBOURS[name]({ port: 0 });
      started.push(server);
      return server as Neighbour<typeof name>;
    },
    stop: async () => void (await Promise.all(started.map((server) => server.stop()))),
  };
}
