import type { CompiledPolicy } from "../../core/model/policy.ts";
import { fail, succeed } from "../../core/model/result.ts";
import { type Finding, wholeDocument } from "../../policy/language/finding.ts";
import type { PolicyLoad } from "../../policy/read-policy.ts";
import type { PolicyCompiler } from "../load/policy-compiler.ts";
import { type SharedLoad, shareLoads } from "../load/shared-loads.ts";
import type { VersionPorts } from "./file-versions.ts";
import { type HeldVersion, type InlineEntity, isOnRoute, LastGoodVersions, nameEntity } from "./last-good.ts";
import { describeFindings, describeStatus, type PolicyStatus, reportInEffect, reportRefused } from "./policy-report.ts";
import type { DescribeRoute, PolicySource } from "./policy-source.ts";
import { PolicyVersion } from "./policy-version.ts";
import { waitForKeys, warnOfMissingKeys } from "./wait-for-keys.ts";

export interface InlinePolicies {
  /**
   * Opens the policy that the configuration of one plugin instance contains.
   *
   * @param rule the rule that the instance's configuration names. If a last good version lacks this rule, it must not
   *   judge requests of this instance.
   */
  open(entity: InlineEntity, text: string, rule: string | undefined): PolicySource;
  /**
   * If all compiled policies together use too much memory, releases the policies that no request has needed for a
   * while. It begins with the policy whose last use is the oldest.
   */
  releaseIdle(): void;
  status(): readonly PolicyStatus[];
}

export interface InlinePoliciesOptions extends VersionPorts {
  readonly compiler: PolicyCompiler;
  /** Returns the time in milliseconds, from any clock. */
  readonly now: () => number;
  readonly limits?: IdleLimits;
}

/** Limits for unused inline policies. Tests use other limits. */
interface IdleLimits {
  readonly idleMs: number;
  /** Maximum total length of the texts, in bytes. A compiled policy takes about twelve times as much memory as its text. */
  readonly maxBytes: number;
}

const IDLE_LIMITS: IdleLimits = { idleMs: 60_000, maxBytes: 4 * 1024 * 1024 };

/**
 * Keeps the inline policies of all plugin instances. Kong starts a new instance for each version of a plugin entity's
 * configuration. If a version is broken, the plugin cannot report this to Kong. An instance uses its own version as
 * soon as the issuers of this version have keys. Until then, or if its own version is broken, the last good version of
 * the same entity on the same Route judges requests: see {@link LastGoodVersions}.
 */
export function keepInlinePolicies({
  compiler,
  now,
  limits = IDLE_LIMITS,
  ...ports
}: InlinePoliciesOptions): InlinePolicies {
  const share = shareLoads(compiler);
  const lastGood = new LastGoodVersions();
  const instances = new Set<InlineInstance>();
  const byEntity = new Map<string, Set<InlineInstance>>();
  let started = 0;

  return {
    open(entity, text, rule) {
      started += 1;
      const instance = new InlineInstance({ entity, text, rule, order: started, share, lastGood, now, ports });
      // Without a plugin id, each instance counts as its own entity.
      const name = entity.pluginId === undefined ? `instance ${started}` : nameEntity(entity);
      const siblings = byEntity.get(name) ?? new Set();
      for (const sibling of siblings) {
        sibling.supersedeBy(instance);
      }
      byEntity.set(name, siblings.add(instance));
      instances.add(instance);
      return {
        current: (describeRoute) => instance.current(describeRoute),
        close() {
          instance.close();
          instances.delete(instance);
          siblings.delete(instance);
          if (siblings.size === 0) {
            byEntity.delete(name);
          }
        },
      };
    },
    releaseIdle() {
      const compiled = [...instances].filter(({ bytes }) => bytes > 0).sort((a, b) => a.usedAt - b.usedAt);
      let bytes = compiled.reduce((sum, instance) => sum + instance.bytes, 0);
      for (const instance of compiled) {
        if (bytes <= limits.maxBytes || now() - instance.usedAt <= limits.idleMs) {
          return;
        }
        bytes -= instance.bytes;
        instance.releaseCompiled();
      }
    },
    status() {
      const newest = new Map([...instances].map((instance) => [instance.name, instance]));
      return [...newest].map(([name, { inEffect, refused }]) =>
        describeStatus(`inline ${name}`, inEffect, refused, ports.keys),
      );
    },
  };
}

interface InlineInstanceOptions {
  readonly entity: InlineEntity;
  readonly text: string;
  readonly rule: string | undefined;
  /**
   * The position of this instance in the order in which instances started. An instance with a greater number started
   * later.
   */
  readonly order: number;
  readonly share: (text: string) => SharedLoad;
  readonly lastGood: LastGoodVersions;
  readonly now: () => number;
  readonly ports: VersionPorts;
}

/**
 * The inline policy of one plugin instance, and the earlier version that judges requests until this policy takes
 * effect.
 */
class InlineInstance {
  readonly #options: InlineInstanceOptions;
  #shared: SharedLoad | undefined;
  #opening: Promise<void> | undefined;
  #version: PolicyVersion | undefined;
  /**
   * The last good version of the entity when this instance started. The instance keeps the last good version until the
   * instance's own version is in effect.
   */
  #fallback: HeldVersion | undefined;
  #hasAskedRoute = false;
  #isClosed = false;
  usedAt: number;

  constructor(options: InlineInstanceOptions) {
    this.#options = options;
    this.usedAt = options.now();
    // Kong closes the previous instance immediately. So this instance must keep the last good version in memory from
    // now on, even before its own text is compiled.
    this.#fallback = options.lastGood.hold(options.entity, options.rule);
    this.#opening = this.#open();
  }

  get name(): string {
    return this.#options.entity.pluginId ?? "";
  }

  /** The length of the text if its compiled policy is in memory. If not, 0. */
  get bytes(): number {
    return this.#shared?.bytes ?? 0;
  }

  get inEffect(): CompiledPolicy | undefined {
    return this.#version?.state === "in effect" ? this.#version.policy : this.#fallback?.policy;
  }

  get refused(): readonly Finding[] {
    const load = this.#version?.load;
    return load && !load.ok ? load.failure : [];
  }

  current(describeRoute: DescribeRoute): PolicyLoad | Promise<PolicyLoad> {
    this.usedAt = this.#options.now();
    if (!this.#version) {
      this.#opening ??= this.#open();
      return this.#opening.then(() => this.current(describeRoute));
    }
    if (this.#version.state !== "in effect") {
      return this.#decideMeanwhile(this.#version, describeRoute);
    }
    const { load } = this.#version;
    return this.#hasAskedRoute || !isOnRoute(this.#options.entity)
      ? load
      : this.#noteRoute(describeRoute).then(() => load);
  }

  /**
   * Called when another instance of the entity has started. If this version still waits for keys, it is then no longer the
   * newest version.
   */
  supersedeBy(newer: InlineInstance): void {
    const [own, other] = [this.#options.entity.sequence, newer.#options.entity.sequence];
    const isOlder = own === undefined || other === undefined || own <= other;
    if (isOlder && this.#version?.state === "ready" && this.#options.text !== newer.#options.text) {
      this.#version.retire();
    }
  }

  /**
   * Releases the compiled policy. The next request compiles the text again. The version stays in effect without its compiled
   * policy.
   */
  releaseCompiled(): void {
    if (this.#version?.state === "in effect") {
      this.#version.retire();
      this.#version = undefined;
      this.#options.lastGood.drop(this);
      this.#shared?.release();
      this.#shared = undefined;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#version?.retire();
    this.#options.lastGood.drop(this);
    this.#releaseFallback();
    this.#shared?.release();
    this.#shared = undefined;
  }

  async #open(): Promise<void> {
    const { text, share, ports } = this.#options;
    const shared = share(text);
    this.#shared = shared;
    const load = await shared.load;
    this.#opening = undefined;
    const version = new PolicyVersion(load);
    this.#version = version;
    if (this.#isClosed) {
      return;
    }
    if (!load.ok) {
      this.#reportRefused(load.failure);
    } else if (this.#fallback && this.#fallback.hash !== shared.hash) {
      version.become("ready");
      void this.#waitForKeys(version, load.value);
    } else {
      // There is no earlier version that could judge requests while the keys load. So this version takes effect at once.
      void ports.keys.prepare(load.value);
      this.#putIntoEffect(version, load.value);
    }
  }

  async #waitForKeys(version: PolicyVersion, policy: CompiledPolicy): Promise<void> {
    const { keys, log, waitLongest } = this.#options.ports;
    await waitForKeys(version, keys, waitLongest);
    if (version.state === "ready") {
      warnOfMissingKeys(policy, keys, this.#source, log);
      this.#putIntoEffect(version, policy);
    }
  }

  #putIntoEffect(version: PolicyVersion, policy: CompiledPolicy): void {
    const { entity, order, lastGood, ports } = this.#options;
    version.become("in effect");
    const isNew = lastGood.note(this, entity, { policy, hash: policy.hash, order });
    const isChange = this.#fallback !== undefined;
    this.#releaseFallback();
    if (isNew) {
      ports.onChange?.();
      reportInEffect(this.#source, policy, isChange, ports);
    }
  }

  /**
   * Chooses the version that judges requests while the instance's own version cannot judge them. This is the last good
   * version, if this Route has one. An instance's own version cannot judge requests in three cases: it is broken, it
   * waits for keys, or it was replaced while it waited for keys.
   */
  async #decideMeanwhile(version: PolicyVersion, describeRoute: DescribeRoute): Promise<PolicyLoad> {
    const fallback = this.#fallback;
    if (fallback && (await this.#mayDecide(fallback, describeRoute))) {
      return succeed(fallback.policy);
    }
    if (version.state === "ready" && version.policy) {
      this.#putIntoEffect(version, version.policy);
    }
    return version.state === "in effect" || !version.load.ok ? version.load : REPLACED;
  }

  async #mayDecide(fallback: HeldVersion, describeRoute: DescribeRoute): Promise<boolean> {
    const route = await describeRoute();
    return route !== undefined && route === fallback.route;
  }

  /** Records what the instance's Route matches, once for each instance. The last good version applies only to this Route. */
  async #noteRoute(describeRoute: DescribeRoute): Promise<void> {
    this.#hasAskedRoute = true;
    const route = await describeRoute();
    if (route === undefined) {
      this.#hasAskedRoute = false; // The request ended early, or Kong has no Route for it. The next request asks Kong again.
    } else {
      this.#options.lastGood.noteRoute(this, route);
    }
  }

  #releaseFallback(): void {
    this.#fallback?.release();
    this.#fallback = undefined;
  }

  #reportRefused(findings: readonly Finding[]): void {
    const outcome = this.#fallback ? "the last good version stays in effect" : "its routes answer 503";
    const [first] = describeFindings("policy", findings);
    reportRefused(this.#source, outcome, first, this.#options.ports);
  }

  get #source(): string {
    return `inline policy of plugin ${this.name}`;
  }
}

const REPLACED: PolicyLoad = fail([
  wholeDocument("version_replaced", "This version of the inline policy was replaced before its keys were loaded."),
]);
