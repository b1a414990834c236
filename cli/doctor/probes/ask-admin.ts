import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { NAME } from "../../../plugin/kong/contract/plugin-identity.ts";
import { askJson } from "../../http/ask-json.ts";

const MAX_PAGES = 100;
const PAGE_SIZE = 1000;

type Entity = Readonly<Record<string, unknown>>;

/**
 * Reads Services, Routes and plugins over the Admin API, as one document in the form of kong.yml. The document omits
 * the configurations of other plugins, because these may contain secrets. The function never requests the path `/`. A
 * worker that has started a plugin server answers this path with 500 (Kong's issue 14260).
 */
export async function readAdminState(adminUrl: string): Promise<Result<string, string>> {
  const entities: Record<string, readonly Entity[]> = {};
  for (const name of ["services", "routes", "plugins"]) {
    const list = await readList(adminUrl, name);
    if (!list.ok) {
      return list;
    }
    entities[name] = name === "plugins" ? list.value.map(withoutConfig) : list.value;
  }
  return succeed(JSON.stringify({ _format_version: "3.0", ...entities }, null, 1));
}

async function readList(adminUrl: string, name: string): Promise<Result<readonly Entity[], string>> {
  const found: Entity[] = [];
  let next: string | undefined = `${adminUrl.replace(/\/$/, "")}/${name}?size=${PAGE_SIZE}`;
  for (let page = 0; next !== undefined; page += 1) {
    const answer = page < MAX_PAGES ? await askJson(next) : fail(`it has more than ${MAX_PAGES} pages of ${name}`);
    if (!answer.ok) {
      return answer;
    }
    const { status, body } = answer.value;
    const { data, next: more } = Object(body) as { readonly data?: unknown; readonly next?: unknown };
    if (status !== 200 || !Array.isArray(data)) {
      return fail(status === 200 ? `/${name} is not a list of entities` : `/${name} answers with status ${status}`);
    }
    found.push(...data.filter((entity): entity is Entity => typeof entity === "object" && entity !== null));
    next = typeof more === "string" && more.startsWith("/") ? new URL(more, adminUrl).href : undefined;
  }
  return succeed(found);
}

function withoutConfig(plugin: Entity): Entity {
  const { config, ...others } = plugin;
  return plugin.name === NAME ? { ...others, config } : others;
}
