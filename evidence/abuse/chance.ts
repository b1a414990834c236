import { createRandom, type Random } from "../../test/random.ts";

/** Random times and choices that a seed settles. */
export class Chance {
  readonly random: Random;

  constructor(seed: number) {
    this.random = createRandom(seed);
  }

  /** From 0 to 1, without 1. */
  part(): number {
    return this.random.below(2 ** 30) / 2 ** 30;
  }

  is(probability: number): boolean {
    return this.part() < probability;
  }

  /** A time until the next of many independent events. */
  wait(meanMs: number): number {
    return -Math.log(1 - this.part()) * meanMs;
  }

  between(low: number, high: number): number {
    return low + this.part() * (high - low);
  }

  /** A public IPv4 address. */
  address(): string {
    return `${this.random.below(60) + 128}.${this.random.below(256)}.${this.random.below(256)}.${this.random.below(254) + 1}`;
  }

  /** Another address of the same IPv4 network with 24 bits. */
  neighbour(address: string): string {
    return `${address.slice(0, address.lastIndexOf("."))}.${this.random.below(254) + 1}`;
  }

  /** An IPv6 network with 64 bits. */
  prefix(): string {
    const group = (): string => this.random.below(65_536).toString(16);
    return `2001:${group()}:${group()}:${group()}`;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.random.below(256));
  }
}
