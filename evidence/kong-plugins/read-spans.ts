import protobuf from "protobufjs";

/** The part of OpenTelemetry's protocol that the tests read (opentelemetry/proto/trace/v1/trace.proto). */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message Span { bytes trace_id = 1; string name = 5; repeated KeyValue attributes = 9; }
  message ScopeSpans { repeated Span spans = 2; }
  message ResourceSpans { repeated ScopeSpans scope_spans = 2; }
  message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
`);
const RequestMessage = root.lookupType("ExportTraceServiceRequest");

export interface Span {
  /** The id, in hexadecimal digits. */
  readonly traceId: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

interface TraceRequest {
  readonly resourceSpans?: readonly {
    readonly scopeSpans?: readonly { readonly spans?: readonly (Omit<Span, "traceId"> & { traceId: string })[] }[];
  }[];
}

/** The spans in the body of a request to a collector. */
export function readSpans(body: Buffer): readonly Span[] {
  const { resourceSpans = [] } = RequestMessage.toObject(RequestMessage.decode(body), {
    longs: Number,
    bytes: String,
  }) as TraceRequest;
  const found = resourceSpans.flatMap(({ scopeSpans = [] }) => scopeSpans.flatMap(({ spans = [] }) => spans));
  return found.map((span) => ({ ...span, traceId: Buffer.from(span.traceId, "base64").toString("hex") }));
}

export function attributesOf({ attributes = [] }: Span): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
