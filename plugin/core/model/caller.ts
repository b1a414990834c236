/** A Kong Consumer. Fields without a value are absent. */
export interface Consumer {
  readonly id?: string;
  readonly username?: string;
  readonly customId?: string;
  /** Seconds since the epoch. */
  readonly createdAt?: number;
  readonly tags?: readonly string[];
}

/** The caller's identity for Kong and for the plugins that run after this one. */
export interface CallerIdentity {
  readonly consumer: Consumer | undefined;
  readonly credentialId: string | undefined;
  /** If undefined, the groups that another plugin has set are removed. */
  readonly groups: readonly string[] | undefined;
}

/** Clears the caller that Kong has. */
export const NO_CALLER: CallerIdentity = { consumer: undefined, credentialId: undefined, groups: undefined };

export interface ConsumerLookup {
  readonly by: "id" | "username";
  /** The value that the Consumer's field must have. */
  readonly value: string;
  /** How old a cached answer may be. */
  readonly maxAgeSeconds: number;
}

/** Asks Kong about callers. The promises reject if Kong's answer cannot be read. */
export interface CallerSource {
  /** Undefined when Kong has no such Consumer, or cannot read its database. Kong's protocol does not distinguish the two. */
  findConsumer(lookup: ConsumerLookup): Promise<Consumer | undefined>;
  /** Id of the credential that another plugin accepted; undefined when none did. */
  authenticatedCredential(): Promise<string | undefined>;
  /** The Consumer of that credential. */
  authenticatedConsumer(): Promise<Consumer | undefined>;
}

/** For use without Kong: there are no Consumers and no credentials. */
export const NO_CALLERS: CallerSource = {
  findConsumer: async () => undefined,
  authenticatedCredential: async () => undefined,
  authenticatedConsumer: async () => undefined,
};
