import type { Consumer } from "../../core/model/caller.ts";

/** A Consumer, with the field names that Kong uses. */
export interface KongConsumer {
  readonly id?: string;
  readonly username?: string;
  readonly custom_id?: string;
  /** Seconds since the epoch. */
  readonly created_at?: number;
  readonly tags?: readonly string[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Kong sends null, undefined or empty values for absent fields. */
export function readConsumer(from: KongConsumer | null | undefined): Consumer {
  const to: Writable<Consumer> = {};
  if (from?.id) {
    to.id = from.id;
  }
  if (from?.username) {
    to.username = from.username;
  }
  if (from?.custom_id) {
    to.customId = from.custom_id;
  }
  if (from?.created_at) {
    to.createdAt = from.created_at;
  }
  if (from?.tags) {
    to.tags = from.tags;
  }
  return to;
}

/** Does the reverse of {@link readConsumer}. */
export function writeConsumer({ customId, createdAt, ...same }: Consumer): KongConsumer {
  const to: Writable<KongConsumer> = same;
  if (customId) {
    to.custom_id = customId;
  }
  if (createdAt) {
    to.created_at = createdAt;
  }
  return to;
}
