/** The output of a sandbox that serves the user's own API: its Routes, and curl lines to paste. */
import pc from "picocolors";
import { toPrintable } from "../../plugin/core/text/printable.ts";
import { formatColumns } from "../message/format-columns.ts";
import { quoteWord } from "../message/shell-word.ts";
import type { Api, ApiRequest } from "./describe-api.ts";

export function formatApiRoutes({ routes }: Api): string {
  const rows = routes.map(({ route, binding }) => [
    (route.methods ?? ["any"]).join(","),
    [...(route.hosts ?? []), ...(route.paths ?? ["/"])].join(" "),
    route.name ?? "(no name)",
    binding,
  ]);
  return formatColumns([["METHODS", "HOSTS AND PATHS", "KONG ROUTE", "POLICY AND RULE"], ...rows]);
}

/** Writes one line for each request that the user cannot try. */
export function formatNotes({ routes }: Api): string {
  const lines = routes.flatMap(({ route, notes }) =>
    notes.map((note) => `${pc.yellow("cannot be tried")} ${toPrintable(`${route.name ?? "(no name)"}: ${note}`)}`),
  );
  return lines.join("\n");
}

/**
 * Writes a shell variable for each token, and a `curl` line for each request. The line also has the expected status.
 */
export function formatRequests({ routes }: Api, url: string): string {
  const requests = routes.flatMap((route) => route.requests);
  const tokens = [...new Set(requests.flatMap(({ token }) => token ?? []))];
  const nameOf = (token: string | undefined): string | undefined =>
    token === undefined ? undefined : `T${tokens.indexOf(token) + 1}`;
  const commands = requests.map((request) => formatCurl(url, request, nameOf(request.token)));
  const width = Math.min(120, Math.max(0, ...commands.map((command) => command.length)));
  const lines = requests.map(({ status, title }, index) => {
    const colour = status < 300 ? pc.green : pc.yellow;
    return `${(commands[index] ?? "").padEnd(width)}  ${colour(`# ${status}`)}  ${pc.dim(toPrintable(title))}`;
  });
  return [...tokens.map((token, index) => `T${index + 1}=${token}`), ...(tokens.length > 0 ? [""] : []), ...lines].join(
    "\n",
  );
}

function formatCurl(url: string, { method, target, headers, token }: ApiRequest, variable: string | undefined): string {
  const expand = token === undefined ? undefined : { text: token, as: `$${variable}` };
  const options = [
    ...(method === "GET" ? [] : method === "HEAD" ? ["-I"] : [`-X ${method}`]),
    ...headers.map(([name, value]) => `-H ${quoteWord(`${name}: ${value}`, expand)}`),
  ];
  return ["curl -i", ...options, quoteWord(url + target, expand)].join(" ");
}
