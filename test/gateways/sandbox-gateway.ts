import { VERSION } from "../../plugin/kong/contract/plugin-identity.ts";
import { FACTS_VARIABLE } from "../../plugin/kong/facts/facts-variable.ts";
import { formatLogEntry } from "../../sandbox/message/gateway-log.ts";
import { startSandbox } from "../../sandbox/run/start-sandbox.ts";
import { type GatewayKind, pickDenialLine, SANDBOX_IS_HTTP1, waitFor } from "./gateway.ts";

/** @param hasFactsVariable whether one PDK call carries all facts. If not, the adapter must ask for the facts. */
export function sandboxGateway(hasFactsVariable: boolean): GatewayKind {
  return {
    label: hasFactsVariable ? "sandbox" : "sandbox without the facts variable",
    missing: undefined,
    onlyHttp1: SANDBOX_IS_HTTP1,
    async start({ configText, policyRoot }) {
      const log: string[] = [];
      const sandbox = await startSandbox({
        configText,
        policyRoot,
        proxyPort: 0,
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
        findDenialLine: (requestId) => waitFor(() => pickDenialLine(log.join("\n"), requestId)),
        async restartPluginServer() {
          const pid = sandbox.pluginServerPid();
          process.kill(pid ?? Number.NaN, "SIGKILL");
          await waitFor(() => {
            const next = sandbox.pluginServerPid();
            return next !== undefined && next !== pid ? next : undefined;
          });
        },
        stop: sandbox.stop,
      };
    },
  };
}
