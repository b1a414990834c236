/**
 * The messages of Kong's plugin protocol `ProtoBuf:1`, as far as this project uses them. Field numbers and types are
 * equal to those in `pluginsocket.proto` of Kong 3.8 and later. Messages that the project does not use are omitted.
 */
import protobuf from "protobufjs/light.js";
import type { Consumer } from "../../core/model/caller.ts";

/**
 * In Kong's messages, strings contain header bytes exactly as the client sent them. Invalid UTF-8 becomes U+FFFD, which no
 * check accepts. The decoder must not throw an error for invalid UTF-8, because any client could then cause errors on
 * purpose.
 */
const anyBytes = { features: { utf8_validation: "NONE" } };

const descriptor = {
  nested: {
    CmdStartInstance: { fields: { name: { type: "string", id: 1 }, config: { type: "bytes", id: 2 } } },
    CmdCloseInstance: { fields: { instanceId: { type: "int32", id: 1 } } },
    CmdHandleEvent: {
      fields: { instanceId: { type: "int32", id: 1 }, eventName: { type: "string", id: 2 } },
    },
    RpcCall: {
      fields: {
        sequence: { type: "int64", id: 1 },
        cmdStartInstance: { type: "CmdStartInstance", id: 33 },
        cmdCloseInstance: { type: "CmdCloseInstance", id: 35 },
        cmdHandleEvent: { type: "CmdHandleEvent", id: 36 },
      },
    },
    InstanceStatus: {
      fields: {
        name: { type: "string", id: 1 },
        instanceId: { type: "int32", id: 2 },
        startedAt: { type: "int64", id: 4 },
      },
    },
    RpcReturn: {
      fields: { sequence: { type: "int64", id: 1 }, instanceStatus: { type: "InstanceStatus", id: 33 } },
    },
    Int: { fields: { v: { type: "int32", id: 1 } } },
    Bytes: { fields: { v: { type: "bytes", id: 1 } } },
    String: { options: anyBytes, fields: { v: { type: "string", id: 1 } } },
    ExitArgs: {
      fields: {
        status: { type: "int32", id: 1 },
        body: { type: "bytes", id: 2 },
        headers: { type: "Struct", id: 3 },
      },
    },
    ServiceKey: { fields: { id: { type: "string", id: 1 } } },
    Route: {
      fields: {
        id: { type: "string", id: 1 },
        name: { type: "string", id: 4 },
        protocols: { rule: "repeated", type: "string", id: 5 },
        methods: { rule: "repeated", type: "string", id: 6 },
        hosts: { rule: "repeated", type: "string", id: 7 },
        paths: { rule: "repeated", type: "string", id: 8 },
        stripPath: { type: "bool", id: 12 },
        tags: { rule: "repeated", type: "string", id: 17 },
        service: { type: "ServiceKey", id: 18 },
      },
    },
    Service: {
      fields: {
        id: { type: "string", id: 1 },
        protocol: { type: "string", id: 6 },
        host: { type: "string", id: 7 },
        port: { type: "int32", id: 8 },
        path: { type: "string", id: 9 },
      },
    },
    ConsumerSpec: { fields: { id: { type: "string", id: 1 }, byUsername: { type: "bool", id: 2 } } },
    Consumer: {
      fields: {
        id: { type: "string", id: 1 },
        createdAt: { type: "int64", id: 2 },
        username: { type: "string", id: 3 },
        customId: { type: "string", id: 4 },
        tags: { rule: "repeated", type: "string", id: 5 },
      },
    },
    AuthenticatedCredential: {
      fields: { id: { type: "string", id: 1 }, consumerId: { type: "string", id: 2 } },
    },
    AuthenticateArgs: {
      fields: { consumer: { type: "Consumer", id: 1 }, credential: { type: "AuthenticatedCredential", id: 2 } },
    },
    KV: { fields: { k: { type: "string", id: 1 }, v: { type: "Value", id: 2 } } },
    // Copies of google.protobuf.Struct, Value and ListValue. Another package name does not change the encoded bytes.
    Struct: { options: anyBytes, fields: { fields: { keyType: "string", type: "Value", id: 1 } } },
    Value: {
      options: anyBytes,
      fields: {
        nullValue: { type: "int32", id: 1 },
        numberValue: { type: "double", id: 2 },
        stringValue: { type: "string", id: 3 },
        boolValue: { type: "bool", id: 4 },
        structValue: { type: "Struct", id: 5 },
        listValue: { type: "ListValue", id: 6 },
      },
      oneofs: {
        kind: { oneof: ["nullValue", "numberValue", "stringValue", "boolValue", "structValue", "listValue"] },
      },
    },
    ListValue: { fields: { values: { rule: "repeated", type: "Value", id: 1 } } },
  },
};

const root = protobuf.Root.fromJSON(descriptor);

/**
 * A message type with its encoder and decoder. If a message is encoded and then decoded, the result has exactly the
 * fields of `T`.
 */
export interface MessageType<T> {
  encode(message: T): Uint8Array;
  /** @throws Error if the bytes are not a message of this type. */
  decode(bytes: Uint8Array): T;
}

function messageType<T>(name: string): MessageType<T> {
  const type = root.lookupType(name);
  return {
    encode: (message) => type.encode(message as Record<string, unknown>).finish(),
    // protobufjs uses numbers instead of Long objects, because sequences and times are far below 2^53. Fields that are absent in
    // a message stay absent.
    decode: (bytes) => type.toObject(type.decode(bytes), { longs: Number }) as T,
  };
}

/**
 * A call from Kong to a plugin server. At most one of the `cmd…` fields is present. If none is present, the call has a
 * command that this project does not know.
 */
export interface RpcCall {
  sequence?: number;
  /** `config`: the plugin's configuration as JSON text. */
  cmdStartInstance?: { name?: string; config?: Uint8Array };
  cmdCloseInstance?: { instanceId?: number };
  /** `eventName`: Kong's phase, such as `access`. */
  cmdHandleEvent?: { instanceId?: number; eventName?: string };
}

/** The answer to the call (RpcCall) with the same `sequence`. The message has no field that could report a failure. */
export interface RpcReturn {
  sequence: number;
  /** `startedAt`: seconds since the epoch. */
  instanceStatus?: { name?: string; instanceId?: number; startedAt?: number };
}

export interface ExitArgs {
  status: number;
  body?: Uint8Array;
  headers?: Struct;
}

/** The part of a Kong Route that the plugin uses. Proto3 omits empty values, so every field may be absent. */
export interface Route {
  id?: string;
  name?: string;
  protocols?: string[];
  methods?: string[];
  hosts?: string[];
  paths?: string[];
  stripPath?: boolean;
  tags?: string[];
  service?: { id?: string };
}

/** The part of a Kong Service that the plugin uses. */
export interface Service {
  id?: string;
  protocol?: string;
  host?: string;
  port?: number;
  path?: string;
}

/** The arguments of `kong.client.authenticate`. */
export interface AuthenticateArgs {
  consumer: Consumer;
  credential: { id?: string; consumerId?: string };
}

/** google.protobuf.Value. At most one of the fields is present. */
export interface Value {
  nullValue?: number;
  numberValue?: number;
  stringValue?: string;
  boolValue?: boolean;
  structValue?: Struct;
  listValue?: ListValue;
}

export interface Struct {
  fields?: Record<string, Value>;
}

export interface ListValue {
  values?: Value[];
}

export const RpcCallMessage = messageType<RpcCall>("RpcCall");
export const RpcReturnMessage = messageType<RpcReturn>("RpcReturn");
export const StringMessage = messageType<{ v?: string }>("String");
/** Like {@link StringMessage}, but the text is left as undecoded bytes. */
export const BytesMessage = messageType<{ v?: Uint8Array }>("Bytes");
export const IntMessage = messageType<{ v?: number }>("Int");
export const ExitArgsMessage = messageType<ExitArgs>("ExitArgs");
export const RouteMessage = messageType<Route>("Route");
export const ServiceMessage = messageType<Service>("Service");
export const ConsumerSpecMessage = messageType<{ id?: string; byUsername?: boolean }>("ConsumerSpec");
export const ConsumerMessage = messageType<Consumer>("Consumer");
export const AuthenticatedCredentialMessage = messageType<{ id?: string; consumerId?: string }>(
  "AuthenticatedCredential",
);
export const AuthenticateArgsMessage = messageType<AuthenticateArgs>("AuthenticateArgs");
/** A name and its new value. In Kong's protocol, a value without a field means Lua's nil. */
export const KVMessage = messageType<{ k?: string; v?: Value }>("KV");
export const StructMessage = messageType<Struct>("Struct");
export const ListValueMessage = messageType<ListValue>("ListValue");

/**
 * Converts headers to a Struct. A string stays a string, and a list stays a list. An empty list makes Kong remove the
 * header.
 */
export function headersToStruct(headers: Readonly<Record<string, string | readonly string[]>>): Struct {
  const fields: Record<string, Value> = {};
  for (const [name, value] of Object.entries(headers)) {
    fields[name] =
      typeof value === "string"
        ? { stringValue: value }
        : { listValue: { values: value.map((item) => ({ stringValue: item })) } };
  }
  return { fields };
}

/** Does the reverse of {@link headersToStruct}. The result omits values other than strings and lists of strings. */
export function structToHeaders(struct: Struct): Map<string, readonly string[]> {
  const headers = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(struct.fields ?? {})) {
    if (value.stringValue !== undefined) {
      headers.set(name, [value.stringValue]);
    } else if (value.listValue) {
      headers.set(
        name,
        (value.listValue.values ?? []).flatMap((item) => (item.stringValue === undefined ? [] : [item.stringValue])),
      );
    }
  }
  return headers;
}
