/** A server that issues tokens and changes its keys when it is told to. */
export interface Provider {
  /** With its version. */
  readonly name: string;
  /** The issuer in the form of the policy document, without key_refresh. */
  readonly issuer: object;
  /** That its tokens have; undefined where they have none. */
  readonly scope: string | undefined;
  mintToken(): Promise<string>;
  /** Makes a new, unpublished key sign; the earlier keys stay published. */
  switchAtOnce(): Promise<void>;
  /** For a provider that does each step on request. */
  readonly steps?: RotationSteps;
  stop(): Promise<void>;
}

export interface RotationSteps {
  /** Publishes a new key that does not sign yet. */
  publish(): Promise<void>;
  /** Makes the last published key sign from now on; the earlier keys stay published. */
  switchOver(): Promise<void>;
  /** Removes all keys except the signing key. */
  retire(): Promise<void>;
}

/** Both steps at the same time. */
export async function takeStepsAtOnce({ publish, switchOver }: RotationSteps): Promise<void> {
  await publish();
  await switchOver();
}

/** A kind of provider: how to start one here, or why that is impossible. */
export interface ProviderKind {
  readonly label: string;
  readonly missing: string | undefined;
  start(): Promise<Provider>;
}
