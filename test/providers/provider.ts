/** A server that issues tokens and changes its keys when it is told to. */
export interface Provider {
  /** With its version. */
  readonly name: string;
  /** As the policy document has it, but for key_refresh. */
  readonly issuer: object;
  /** That its tokens have. */
  readonly scope: string;
  mintToken(): Promise<string>;
  /** Publishes a new key that does not sign yet. */
  publish(): Promise<void>;
  /** Has the key that was published last sign from now on; the one before stays published. */
  switchOver(): Promise<void>;
  /** Takes away all keys but the one that signs. */
  retire(): Promise<void>;
  stop(): Promise<void>;
}

/** A kind of provider: how to start one here, or why that can not be. */
export interface ProviderKind {
  readonly label: string;
  readonly missing: string | undefined;
  start(): Promise<Provider>;
}
