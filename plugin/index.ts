/**
 * The plugin as Kong's JavaScript PDK defines it, for the stock `kong-js-pluginserver`. That server speaks `MsgPack:1`,
 * over which Kong proxies a request when the plugin process dies, hangs or throws: nothing that a handler does there can
 * be relied on. Until Kong itself checks the verdict, this handler refuses everything; use the plugin server in server/.
 */
import { CONFIG_FIELDS } from "./kong/config-schema.ts";
import { PRIORITY, VERSION } from "./kong/plugin-identity.ts";

/** The part of kong-pdk that is called here. */
interface StockPdk {
  readonly response: { exit(status: number, body: string, headers: Readonly<Record<string, string>>): Promise<void> };
}

export class Plugin {
  /** Answers 503 to every request. */
  async access(kong: StockPdk): Promise<void> {
    const message = "jwt-policy does not run in this plugin server, because Kong's protocol for it fails open";
    await kong.response.exit(503, JSON.stringify({ message }), { "Content-Type": "application/json" });
  }
}

export const Schema = CONFIG_FIELDS;
export const Version = VERSION;
export const Priority = PRIORITY;
