import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import type { ServerReading } from "../../plugin/server/view/counted-rows.ts";
import { RateWindow } from "../../plugin/server/view/rate-window.ts";
import { readStatusDocument } from "../../plugin/server/view/status-document.ts";
import { askJson } from "../http/ask-json.ts";
import { findStatusUrl } from "../http/status-url.ts";

/** Asks one plugin server for its status repeatedly. */
export class WatchedServer {
  /** The host and the port of the server. */
  readonly name: string;
  readonly #url: string;
  readonly #window = new RateWindow();

  /** @throws Error if the text cannot be the URL of a status port. */
  constructor(url: string) {
    this.#url = findStatusUrl(url);
    this.name = new URL(this.#url).host;
  }

  /** The failure says what the user can do. */
  async read(): Promise<Result<ServerReading, string>> {
    const answer = await askJson(this.#url);
    if (!answer.ok) {
      return fail(`${this.#url} cannot be reached: ${answer.failure}. Name the address of --status-listen with --url`);
    }
    const { status, body } = answer.value;
    const document = status === 200 ? readStatusDocument(body) : undefined;
    if (document === undefined) {
      const found = status === 200 ? "this is not the status of a plugin server of this version" : `status ${status}`;
      return fail(`${this.#url}: ${found}. Name the address of --status-listen with --url`);
    }
    return succeed({ name: this.name, document, rates: this.#window.measure(document) });
  }
}
