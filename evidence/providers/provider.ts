/** A server that issues tokens. The test tells it when to change its keys. */
export interface Provider {
  /** The provider's name with its version. */
  readonly name: string;
  /** The issuer in the form of the policy document, without key_refresh. */
  readonly issuer: object;
  /** The scope of the provider's tokens; undefined if its tokens have no scope. */
  readonly scope: string | undefined;
  mintToken(): Promise<string>;
  /** Makes a new, unpublished key sign. The earlier keys stay published. */
  switchAtOnce(): Promise<void>;
  /** For a provider that does each step on request. */
  readonly steps?: RotationSteps;
  stop(): Promise<void>;
}

export interface RotationSteps {
  /** Publishes a new key that does not sign yet. */
  publish(): Promise<void>;
  /** Makes the last published key sign from now on. The earlier keys stay published. */
  switchOver(): Promise<void>;
  /** Removes all keys except the signing key. */
  retire(): Promise<void>;
}

/** Takes both steps at the same time. */
export async function takeStepsAtOnce({ publish, switchOver }: RotationSteps): Promise<void> {
  await publish();
  await switchOver();
}

/** A kind of provider. It says how to start such a provider on this machine, or why this is impossible. */
export interface ProviderKind {
  readonly label: string;
  readonly missing: string | undefined;
  start(): Promise<Provider>;
}
