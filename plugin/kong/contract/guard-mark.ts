/** How Kong identifies an instance: one version of one plugin's configuration. */
export interface InstanceIdentity {
  /** Kong's `__plugin_id` and `__seq__`. */
  readonly pluginId: string;
  readonly sequence: number;
}

/** The guard's expectation for one request. The guard appends it to the facts. */
export interface GuardMark {
  /** A random value that no client knows until the request is judged. */
  readonly nonce: string;
  readonly instance: InstanceIdentity;
}

/** Reads `<plugin id> <sequence> <nonce>`. Returns undefined for anything else. */
export function parseGuardMark(text: string): GuardMark | undefined {
  const [, pluginId, sequence, nonce] = /^([0-9a-f-]{36}) ([0-9]{1,15}) ([0-9a-f]{32})$/.exec(text) ?? [];
  return nonce === undefined || pluginId === undefined
    ? undefined
    : { nonce, instance: { pluginId, sequence: Number(sequence) } };
}

/** Whether Kong's call is addressed to this instance. In a respawned stock plugin server, the id may belong to another instance. */
export function isMeant({ instance }: GuardMark, own: InstanceIdentity): boolean {
  return instance.pluginId === own.pluginId && instance.sequence === own.sequence;
}
