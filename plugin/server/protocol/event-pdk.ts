import type { Pdk } from "../../kong/contract/pdk.ts";
import { decodeClientText } from "./client-text.ts";
import {
  AuthenticatedCredentialMessage,
  BytesMessage,
  ConsumerMessage,
  ConsumerSpecMessage,
  IntMessage,
  RouteMessage,
  ServiceMessage,
  StringMessage,
  StructMessage,
  structToHeaders,
} from "./messages.ts";

/** Calls one PDK method and decodes Kong's reply. The promise rejects if the event has ended. */
export type CallPdk = <T>(method: string, args: Uint8Array, decode: (reply: Buffer) => T) => Promise<T>;

const NO_ARGUMENTS: Uint8Array = new Uint8Array();

/** The class caches the encoded name of the last variable, because every event asks for the same variable. */
let lastName: string | undefined;
let lastEncoded: Uint8Array = NO_ARGUMENTS;

function encodeName(name: string): Uint8Array {
  if (name !== lastName) {
    lastEncoded = StringMessage.encode({ v: name });
    lastName = name;
  }
  return lastEncoded;
}

/**
 * Returns Kong's PDK, whose functions send calls over the plugin protocol.
 *
 * @param isAbandoned whether Kong has abandoned the event.
 */
export function createEventPdk(call: CallPdk, isAbandoned: () => boolean): Pdk {
  return {
    isAbandoned,
    nginx: {
      getVar: (name) =>
        call("kong.nginx.get_var", encodeName(name), (reply) =>
          decodeClientText(BytesMessage.decode(reply).v ?? NO_ARGUMENTS),
        ),
    },
    request: {
      getHeaders: (maxHeaders) =>
        call("kong.request.get_headers", IntMessage.encode({ v: maxHeaders }), (reply) =>
          structToHeaders(StructMessage.decode(reply)),
        ),
      getForwardedScheme: () =>
        call("kong.request.get_forwarded_scheme", NO_ARGUMENTS, (reply) => StringMessage.decode(reply).v ?? ""),
    },
    client: {
      loadConsumer: (id, byUsername) =>
        call("kong.client.load_consumer", ConsumerSpecMessage.encode({ id, byUsername }), ConsumerMessage.decode),
      getCredential: () => call("kong.client.get_credential", NO_ARGUMENTS, AuthenticatedCredentialMessage.decode),
      getConsumer: () => call("kong.client.get_consumer", NO_ARGUMENTS, ConsumerMessage.decode),
    },
    router: {
      getRoute: () => call("kong.router.get_route", NO_ARGUMENTS, (reply) => RouteMessage.decode(reply)),
      getService: () => call("kong.router.get_service", NO_ARGUMENTS, (reply) => ServiceMessage.decode(reply)),
    },
  };
}
