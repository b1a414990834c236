/**
 * The output of the sandbox: Routes, curl lines to paste, and the table of a check. This module only formats results as text.
 */
import pc from "picocolors";
import type { KongConfig, KongRoute } from "../config/kong-config.ts";
import { formatColumns } from "../message/format-columns.ts";
import { findPlugin } from "../plugin/find-plugin.ts";
import type { Example, TokenName } from "./examples.ts";
import type { ExampleResult } from "./run-examples.ts";

export function formatRoutes(config: KongConfig, url: string): string {
  const rows = config.routes.map((route) => [
    (route.methods ?? ["any"]).join(","),
    (route.paths ?? ["/"])
      .map((path) => (route.hosts === undefined ? url : `http://${route.hosts[0]}`) + path)
      .join(" "),
    route.name ?? "(no name)",
    describeBinding(config, route),
  ]);
  return formatColumns([["METHODS", "PATHS", "KONG ROUTE", "POLICY"], ...rows]);
}

function describeBinding(config: KongConfig, route: KongRoute): string {
  const plugin = findPlugin(config.plugins, route);
  if (plugin === undefined) {
    return "none: open to everyone";
  }
  const file = plugin.config.policy_file ?? "inline policy";
  return `${file}, rule ${plugin.config.rule ?? route.name ?? "(none)"}`;
}

/** Lists a shell variable for each token. Then lists a `curl` line for each example, with the expected status. */
export function formatCurlLines(
  url: string,
  examples: readonly Example[],
  tokens: Readonly<Record<TokenName, string>>,
): string {
  const variables = Object.entries(tokens).map(([name, token]) => `${name}=${token}`);
  const commands = examples.map((example) => formatCurl(url, example));
  const width = Math.max(...commands.map((command) => command.length));
  const lines = commands.map((command, index) => {
    const { status = 0, title = "" } = examples[index] ?? {};
    const colour = status < 300 ? pc.green : pc.yellow;
    return `${command.padEnd(width)}   ${colour(`# ${status}`)}  ${pc.dim(title)}`;
  });
  return [...variables, "", ...lines].join("\n");
}

function formatCurl(url: string, { method, path, token, headers }: Example): string {
  const options = [
    ...(url.startsWith("https:") ? ["-k"] : []), // Kong's certificate is self-signed, so curl must not verify it.
    ...(method === "GET" ? [] : [`-X ${method}`]),
    ...(token === undefined ? [] : [`-H "Authorization: Bearer $${token}"`]),
    ...Object.entries(headers ?? {}).map(([name, value]) => `-H "${name}: ${value}"`),
  ];
  return ["curl -i", ...options, url + path].join(" ");
}

export function formatResults(results: readonly ExampleResult[]): string {
  const rows = results.map(({ example, status, differences }) => [
    `${example.method} ${example.path}`,
    example.title,
    String(example.status),
    String(status),
    differences.length === 0 ? "ok" : differences.join("; "),
  ]);
  const [head = "", ...lines] = formatColumns([
    ["REQUEST", "WHAT IT SHOWS", "EXPECTED", "GOT", "RESULT"],
    ...rows,
  ]).split("\n");
  const coloured = lines.map((line, index) => (results[index]?.differences.length === 0 ? line : pc.red(line)));
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  const summary =
    failed === 0 ? pc.green(`all ${results.length} as expected`) : pc.red(`${failed} of ${results.length} differ`);
  return [pc.bold(head), ...coloured, "", summary].join("\n");
}
