import type { CompiledPolicy } from "../../core/model/policy.ts";

/** The Kong plugin entity to which a plugin instance belongs, in one version of the entity's configuration. */
export interface InlineEntity {
  /** Id of the plugin entity. Without an id, instances share no versions. */
  readonly pluginId: string | undefined;
  /**
   * Kong's number of this version of the configuration. A newer version has a greater number, as long as Kong is not restarted.
   */
  readonly sequence: number | undefined;
  readonly workspace: string;
  /** The Route or Service on which the plugin is configured. */
  readonly routeId: string | undefined;
  readonly serviceId: string | undefined;
}

/** A version of a policy that was in effect for at least one instance of an entity. */
export interface LastGood {
  readonly hash: string;
  readonly policy: CompiledPolicy;
  /** Describes what the Route matched while the version judged requests; undefined until the first request. */
  readonly route: string | undefined;
}

/** A last good version. It stays in memory at least until it is released. */
export interface HeldVersion extends LastGood {
  release(): void;
}

interface Good extends LastGood {
  readonly entity: Entity;
  route: string | undefined;
  /** Of all instances that had this version: the highest start order and the highest sequence. */
  order: number;
  sequence: number | undefined;
  /** How many instances have this version as their own version or as their last good version. */
  users: number;
}

interface Entity {
  readonly key: string;
  readonly goods: Map<string, Good>;
}

/**
 * The last good version of each plugin entity. If a newer version of the entity is broken or waits for keys, the last
 * good version may judge the entity's requests. A last good version must never judge requests of another entity or
 * Route. Two entities with the same id are not always the same entity, because declarative configuration derives ids
 * from names. For example, if a Route is deleted, a later Route with the same name but other paths gets the same id.
 * Because of this, these rules apply:
 *
 * - The last good version belongs to one entity on one Route. The Route must still have the paths, hosts, methods and
 *   Service that it had when the version judged requests.
 * - An entity on a Service or a global entity has no last good version, because the plugin does not notice when the
 *   entity's Routes change.
 * - The last good version is dropped when no instance uses it.
 * - The last good version must be the newest version, both by the start order of instances and by Kong's own sequence.
 *   The two orders can disagree, for example after a restart of Kong, or if a worker is late. The plugin then does not
 *   know which version is the newest, so no version counts as the last good version.
 */
export class LastGoodVersions {
  readonly #entities = new Map<string, Entity>();
  readonly #owned = new Map<object, Good>();

  /** The number of entities with at least one version in memory. */
  get entityCount(): number {
    return this.#entities.size;
  }

  /**
   * Returns the last good version of an entity, or undefined if there is none. The version stays in memory until the caller
   * releases it.
   *
   * @param rule the policy of this version must contain this rule; undefined if the Kong Route names the rule.
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
   * Records the version that is in effect for an instance.
   *
   * @returns whether this instance is the entity's first instance with this version.
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

  /** @param route a description of what the instance's Route matches. */
  noteRoute(instance: object, route: string): void {
    const good = this.#owned.get(instance);
    if (good) {
      good.route = route;
    }
  }

  /** Called when the instance has ended, or no longer uses its version. */
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

/** Whether the entity is on one Route. Only an entity on a Route can have a last good version. */
export function isOnRoute({ routeId }: InlineEntity): boolean {
  return routeId !== undefined;
}

/**
 * Returns a name for an entity. All versions of the entity have the same name. Callers must first check for undefined
 * ids, because the function also makes a name from undefined ids.
 */
export function nameEntity({ pluginId, workspace, routeId, serviceId }: InlineEntity): string {
  return JSON.stringify([workspace, pluginId ?? null, routeId ?? null, serviceId ?? null]);
}

/** Returns the version that is the newest in both orders; undefined if the two orders disagree. */
function findNewest(goods: readonly Good[]): Good | undefined {
  const [first] = goods;
  if (!first) {
    return undefined;
  }
  const newest = goods.reduce((a, b) => (b.order > a.order ? b : a), first);
  const isNewestBySequence = goods.every(({ sequence }) => (sequence ?? 0) <= (newest.sequence ?? 0));
  return isNewestBySequence ? newest : undefined;
}
