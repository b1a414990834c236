/** A server that issues tokens and changes its keys when it is told to. */
export interface Provider {
  /** With its version. */
  readonly name: string;
  /** As the policy document has it, but for key_refresh. */
  readonly issuer: object;
  /** That its tokens have; undefined where they have none. */
  readonly scope: string | undefined;
  mintToken(): Promise<string>;
  /** Has a key sign that was not published before; the ones before stay published. */
  switchAtOnce(): Promise<void>;
  /** For a provider that does each step when it is told to. */
  readonly steps?: RotationSteps;
  stop(): Promise<void>;
}

export interface RotationSteps {
  /** Publishes a new key that does not sign yet. */
  publish(): Promise<void>;
  /** Has the key that was published last sign from now on; the ones before stay published. */
  switchOver(): Promise<void>;
  /** Takes away all keys but the one that signs. */
  retire(): Promise<void>;
}

/** Both steps at the same time. */
export async function takeStepsAtOnce({ publish, switchOver }: RotationSteps): Promise<void> {
  await publish();
  await switchOver();
}

/** A kind of provider: how to start one here, or why that cannot be. */
export interface ProviderKind {
  readonly label: string;
  readonly missing: string | undefined;
  start(): Promise<Provider>;
}
