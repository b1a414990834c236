import { VERSION } from "../../plugin/kong/contract/plugin-identity.ts";
import { FACTS_VARIABLE } from "../../plugin/kong/facts/facts-variable.ts";
import { formatLogEntry } from "../../sandbox/message/gateway-log.ts";
import { startSandbox } from "../../sandbox/start-sandbox.ts";
import { type GatewayKind, pickDenialLine, waitFor } from "./gateway.ts";
import { createSelfSigned } from "./self-signed.ts";

/** @param hasFactsVariable whether one PDK call carries all facts, or the adapter must ask for them. */
export function sandboxGateway(hasFactsVariable: boolean): GatewayKind {
  return {
    label: hasFactsVariable ? "sandbox" : "sandbox without the facts variable",
    missing: undefined,
    async start({ configText, policyRoot }) {
      const log: string[] = [];
      const sandbox = await startSandbox({
        configText,
        policyRoot,
        proxyPort: 0,
        tls: { port: 0, ...createSelfSigned() },
        nginxVariables: hasFactsVariable ? { [FACTS_VARIABLE.name]: FACTS_VARIABLE.value } : {},
        onLog: (entry) => {
          if (entry.level !== "info") {
            log.push(formatLogEntry(entry));
          }
        },
      });
      return {
        name: hasFactsVariable ? "sandbox" : "sandbox without the facts variable",
        version: VERSION,
        url: sandbox.url,
        tlsUrl: sandbox.tlsUrl ?? "",
        findDenialLine: (requestId) => waitFor(() => pickDenialLine(log.join("\n"), requestId), 2_000),
        async restartPluginServer() {
          const pid = sandbox.pluginServerPid();
          process.kill(pid ?? Number.NaN, "SIGKILL");
          await waitFor(() => {
            const next = sandbox.pluginServerPid();
            return next !== undefined && next !== pid ? next : undefined;
          }, 5_000);
        },
        stop: sandbox.stop,
      };
    },
  };
}
