/**
 * `kong.client` of Kong's PDK, which handles Consumers and the authenticated client. In the sandbox, no later plugin
 * reads the data that our plugin sets here.
 */
import {
  AuthenticateArgsMessage,
  AuthenticatedCredentialMessage,
  ConsumerMessage,
  ConsumerSpecMessage,
  KVMessage,
} from "../../plugin/server/protocol/messages.ts";
import type { Authenticated } from "../message/gateway-request.ts";
import type { PdkContext, PdkMethod } from "./pdk-method.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DONE = { reply: new Uint8Array(0) };

export const CLIENT_METHODS: Record<string, PdkMethod> = {
  "kong.client.load_consumer": ({ request }, args) => {
    const { id = "", byUsername = false } = ConsumerSpecMessage.decode(args);
    if (!UUID.test(id) && !byUsername) {
      throw new Error("cannot load a consumer with an id that is not a uuid");
    }
    const found =
      request.consumers.find((consumer) => consumer.id === id) ??
      (byUsername ? request.consumers.find(({ username }) => username === id) : undefined);
    return { reply: ConsumerMessage.encode(found ?? {}) };
  },
  "kong.client.get_consumer": ({ request }) => ({
    reply: ConsumerMessage.encode(request.authenticated.consumer ?? {}),
  }),
  "kong.client.get_credential": ({ request }) => ({
    reply: AuthenticatedCredentialMessage.encode(request.authenticated.credential ?? {}),
  }),
  "kong.client.authenticate": ({ request }, args) => {
    const { consumer, credential } = AuthenticateArgsMessage.decode(args) as Authenticated;
    if (!consumer && !credential) {
      throw new Error("either credential or consumer must be provided");
    }
    request.authenticated = { ...(consumer && { consumer }), ...(credential && { credential }) };
    return DONE;
  },
  "kong.nginx.set_ctx": setContext,
  "kong.ctx.shared.set": () => DONE,
};

function setContext({ request }: PdkContext, args: Uint8Array): typeof DONE {
  const { k, v } = KVMessage.decode(args);
  const id = v?.structValue?.fields?.id?.stringValue;
  const { consumer, credential } = request.authenticated;
  if (k === "authenticated_consumer") {
    request.authenticated = { ...(id !== undefined && { consumer: { id } }), ...(credential && { credential }) };
  } else if (k === "authenticated_credential") {
    request.authenticated = { ...(consumer && { consumer }), ...(id !== undefined && { credential: { id } }) };
  }
  return DONE;
}
