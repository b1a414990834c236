import { request as requestHttp } from "node:http";
import pc from "picocolors";
import { formatColumns } from "../message/format-columns.ts";
import type { Api, ApiRequest } from "./describe-api.ts";

/** Sends each request to the gateway. @returns the table of results, and whether every status is as expected. */
export async function checkApi(
  { routes }: Api,
  port: number,
): Promise<{ readonly text: string; readonly isGood: boolean }> {
  const results: { readonly request: ApiRequest; readonly status: number }[] = [];
  for (const request of routes.flatMap((route) => route.requests)) {
    results.push({ request, status: await send(request, port) });
  }
  const rows = results.map(({ request, status }) => [
    `${request.method} ${request.target.replace(request.token ?? /$^/, "$TOKEN")}`,
    request.title,
    String(request.status),
    String(status),
    status === request.status ? "ok" : "DIFFERS",
  ]);
  const failed = results.filter(({ request, status }) => request.status !== status).length;
  const summary =
    failed === 0 ? pc.green(`all ${results.length} as expected`) : pc.red(`${failed} of ${results.length} differ`);
  const table = formatColumns([["REQUEST", "WHAT IT SHOWS", "EXPECTED", "GOT", "RESULT"], ...rows]);
  return { text: `${table}\n\n${summary}`, isGood: failed === 0 };
}

function send({ method, target, headers }: ApiRequest, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port,
      method,
      path: target,
      headers: Object.fromEntries(headers),
      agent: false,
    };
    const asked = requestHttp(options, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode ?? 0));
    });
    asked.on("error", reject);
    asked.end();
  });
}
