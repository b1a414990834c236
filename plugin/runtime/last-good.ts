import type { CompiledPolicy } from "../core/policy.ts";

/** The Kong plugin entity that a plugin instance belongs to, in one version of its configuration. */
export interface InlineEntity {
  /** Id of the plugin entity. Without it nothing is shared between instances. */
  readonly pluginId: string | undefined;
  /** Kong's number of this version: a newer version has a greater one, as long as Kong is not restarted. */
  readonly sequence: number | undefined;
  readonly workspace: string;
  /** The entity that the plugin is configured on. */
  readonly routeId: string | undefined;
  readonly serviceId: string | undefined;
}

/** A version that was in effect for some instance of an entity. */
export interface LastGood {
  readonly hash: string;
  readonly policy: CompiledPolicy;
  /** What the Route matched while the version decided; undefined until the first request. */
  readonly route: string | undefined;
}

/** A last good version that ends, at the earliest, when it is released. */
export interface HeldVersion extends LastGood {
  release(): void;
}

interface Good extends LastGood {
  readonly entity: Entity;
  route: string | undefined;
  /** Greatest start order and sequence of the instances that had this version. */
  order: number;
  sequence: number | undefined;
  /** Instances whose own version it is, and those that hold it. */
  users: number;
}

interface Entity {
  readonly key: string;
  readonly goods: Map<string, Good>;
}

/**
 * The last good version of each plugin entity. It may decide in the place of a newer version that is broken or waits for keys, and
 * must never decide for anything else. Ids of entities are no proof of that: where configuration is declarative they follow
 * from names, and a Route that was deleted and made again elsewhere has its id again. Therefore
 *
 * - it belongs to one entity on one Route as that Route was when the version decided: its paths, hosts, methods and Service;
 * - an entity on a Service, or on neither, has none, because its Routes can change unseen;
 * - it ends when no instance uses it any longer;
 * - it must be the newest both by the order in which instances started and by Kong's own sequence. Where the two disagree, as
 *   after a late worker or a restart of Kong, no version is known to be the last one.
 */
export class LastGoodVersions {
  readonly #entities = new Map<string, Entity>();
  readonly #owned = new Map<object, Good>();

  /**
   * Holds the last good version of an entity, if there is one.
   *
   * @param rule that it must have; undefined when the Kong Route names it.
   */
  hold(entity: InlineEntity, rule: string | undefined): HeldVersion | undefined {
    if (entity.pluginId === undefined || entity.routeId === undefined) {
      return undefined;
    }
    const goods = [...(this.#entities.get(nameEntity(entity))?.goods.values() ?? [])];
    const good = findNewest(goods);
    if (!good || (rule !== undefined && !good.policy.rules.has(rule))) {
      return undefined;
    }
    good.users += 1;
    return {
      hash: good.hash,
      policy: good.policy,
      get route() {
        return good.route;
      },
      release: () => this.#release(good),
    };
  }

  /**
   * Notes the version that is in effect for an instance.
   *
   * @returns whether no other instance of the entity had it.
   */
  note(
    instance: object,
    entity: InlineEntity,
    { policy, hash, order }: Pick<LastGood, "policy" | "hash"> & { readonly order: number },
  ): boolean {
    if (entity.pluginId === undefined) {
      return true;
    }
    this.drop(instance);
    const key = nameEntity(entity);
    const record = this.#entities.get(key) ?? { key, goods: new Map<string, Good>() };
    this.#entities.set(key, record);
    const known = record.goods.get(hash);
    const good: Good = known ?? {
      entity: record,
      hash,
      policy,
      route: undefined,
      order,
      sequence: undefined,
      users: 0,
    };
    good.order = Math.max(good.order, order);
    good.sequence = entity.sequence === undefined ? good.sequence : Math.max(good.sequence ?? 0, entity.sequence);
    good.users += 1;
    record.goods.set(hash, good);
    this.#owned.set(instance, good);
    return known === undefined;
  }

  /** @param route what the Route of the instance matches. */
  noteRoute(instance: object, route: string): void {
    const good = this.#owned.get(instance);
    if (good) {
      good.route = route;
    }
  }

  /** The instance has ended, or does not have its version any longer. */
  drop(instance: object): void {
    const good = this.#owned.get(instance);
    if (good) {
      this.#owned.delete(instance);
      this.#release(good);
    }
  }

  #release(good: Good): void {
    const { key, goods } = good.entity;
    good.users -= 1;
    if (good.users === 0) {
      goods.delete(good.hash);
    }
    if (goods.size === 0) {
      this.#entities.delete(key);
    }
  }
}

/** Whether the entity can have a last good version. It counts for one Route only. */
export function isOnRoute({ routeId }: InlineEntity): boolean {
  return routeId !== undefined;
}

/** Two versions of one entity have one name. Undefined ids are a name like any other: check them before. */
export function nameEntity({ pluginId, workspace, routeId, serviceId }: InlineEntity): string {
  return JSON.stringify([workspace, pluginId ?? null, routeId ?? null, serviceId ?? null]);
}

/** The one that is newest in both orders; undefined when the orders disagree. */
function findNewest(goods: readonly Good[]): Good | undefined {
  const [first] = goods;
  if (!first) {
    return undefined;
  }
  const newest = goods.reduce((a, b) => (b.order > a.order ? b : a), first);
  const isNewestBySequence = goods.every(({ sequence }) => (sequence ?? 0) <= (newest.sequence ?? 0));
  return isNewestBySequence ? newest : undefined;
}
