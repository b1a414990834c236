/** A Kong Consumer. Fields without a value are absent. */
export interface Consumer {
  readonly id?: string;
  readonly username?: string;
  readonly customId?: string;
  /** Seconds since the epoch. */
  readonly createdAt?: number;
  readonly tags?: readonly string[];
}

/** The identity of the caller, for Kong and for the plugins that run after jwt-policy. */
export interface CallerIdentity {
  readonly consumer: Consumer | undefined;
  readonly credentialId: string | undefined;
  /** If undefined, the groups that another plugin has set are removed. */
  readonly groups: readonly string[] | undefined;
}

/** With this identity, the plugin removes Kong's current caller. */
export const NO_CALLER: CallerIdentity = { consumer: undefined, credentialId: undefined, groups: undefined };

export interface ConsumerLookup {
  readonly by: "id" | "username";
  /** The value that the Consumer's field must have. */
  readonly value: string;
  /** How old a cached answer may be. */
  readonly maxAgeSeconds: number;
}

/**
 * Asks Kong about callers. Each method returns a promise, which rejects if the plugin does not understand Kong's
 * answer.
 */
export interface CallerSource {
  /**
   * Returns undefined when Kong has no such Consumer, or cannot read its database. Kong's protocol does not distinguish
   * a missing Consumer from an unreadable database.
   */
  findConsumer(lookup: ConsumerLookup): Promise<Consumer | undefined>;
  /** Id of the credential that another plugin accepted; undefined if no plugin accepted a credential. */
  authenticatedCredential(): Promise<string | undefined>;
  /** The Consumer of the credential that another plugin accepted. */
  authenticatedConsumer(): Promise<Consumer | undefined>;
}

/** A source for use without Kong: there are no Consumers and no credentials. */
export const NO_CALLERS: CallerSource = {
  findConsumer: async () => undefined,
  authenticatedCredential: async () => undefined,
  authenticatedConsumer: async () => undefined,
};
