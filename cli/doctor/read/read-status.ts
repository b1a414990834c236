import { isIPv6 } from "node:net";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { askJson } from "../../http/ask-json.ts";
import { findStatusUrl } from "../../http/status-url.ts";
import type { StatusView } from "../model/setup.ts";
import type { PluginServer } from "../settings/plugin-server.ts";

const MAX_REASONS = 20;

/** Asks the plugin server for its status. An option or Kong's settings name the server's address. */
export async function readStatus(
  statusUrl: string | undefined,
  server: PluginServer | undefined,
): Promise<Result<StatusView, string>> {
  const listen = server?.options?.ok ? server.options.value.statusListen : undefined;
  const base = statusUrl ?? (listen && `http://${hostOf(listen.host)}:${listen.port}`);
  if (base === undefined) {
    return fail("the server has no --status-listen in the settings; name its address with --status-url");
  }
  const url = findStatusUrl(base);
  const answer = await askJson(url);
  const host = listen?.host ?? new URL(url).hostname;
  if (!answer.ok) {
    return succeed({ url, host, answer });
  }
  const { status, body } = answer.value;
  const { ready, reasons } = Object(body) as { readonly ready?: unknown; readonly reasons?: unknown };
  const isStatus = status === 200 && typeof ready === "boolean" && Array.isArray(reasons);
  return succeed({
    url,
    host,
    answer: isStatus
      ? succeed({ isReady: ready, reasons: reasons.slice(0, MAX_REASONS).map(String) })
      : fail(status === 200 ? "another program answers at this address, not jwt-policy" : `status ${status}`),
  });
}

/** If the server listens on all addresses, this command asks the server on loopback. */
function hostOf(host: string): string {
  const asked = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return isIPv6(asked) ? `[${asked}]` : asked;
}
