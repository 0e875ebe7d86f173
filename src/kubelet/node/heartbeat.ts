/** Registers the Node, keeps its status current and its lease renewed. */
import type { Lease } from "../../api/coordination/v1/lease.ts";
import type { Node, NodeStatus } from "../../api/core/v1/node.ts";
import type { ComponentContext } from "../../client/component.ts";
import { errorText, isAlreadyExists, isConflict } from "../../client/errors.ts";
import { leases, nodes } from "../../client/resources.ts";
import { sameJson } from "../../machinery/json.ts";
import { microTimeText } from "../../machinery/time.ts";
import type { KubeletConfig } from "../contract.ts";
import { comparable, type NodeFacts, newNode, nodeStatus } from "./status.ts";

const leaseDurationSeconds = 40;
const leaseRenewMs = 10_000;
const statusCheckMs = 10_000;
/** While the node is not ready: whoever waits for it waits for nothing else. */
const notReadyCheckMs = 200;
/** Written at least this often even when nothing has changed (nodeStatusReportFrequency). */
const statusReportMs = 300_000;
const namespace = "kube-node-lease";

export interface HeartbeatOptions {
  readonly context: ComponentContext;
  readonly config: KubeletConfig;
  facts(): Promise<NodeFacts>;
  /** The node as this kubelet last wrote or read it. */
  onNode(node: Node): void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #lastReportMs = 0;
  #lease: Lease | undefined;
  #ready = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Creates the Node, or takes over one of that name, status included. Retries until it works or the signal aborts. */
  async register(): Promise<void> {
    const { context, config } = this.#options;
    for (let failures = 0; !context.signal.aborted; failures++) {
      try {
        await this.#registerOnce();
        context.logger.info({ node: config.nodeName }, "node registered");
        return;
      } catch (error) {
        context.logger.warn({ node: config.nodeName, error: errorText(error) }, "cannot register the node");
        await context.clock.sleep(Math.min(100 * 2 ** failures, 7000), context.signal).catch(() => {});
      }
    }
  }

  async run(): Promise<void> {
    await Promise.all([this.#renewLeases(), this.#reportStatus()]);
  }

  async #registerOnce(): Promise<void> {
    const { context, config, facts, onNode } = this.#options;
    const client = context.client.of(nodes);
    const known = await facts();
    const wanted = newNode(config, known.machine);
    const status = nodeStatus(config, known, undefined, context.clock.now());
    try {
      onNode(await client.create({ ...wanted, status }));
      this.#lastReportMs = context.clock.now();
      return;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    const held = await client.get(config.nodeName);
    const missing = Object.entries(wanted.metadata.labels).some(([key, value]) => held.metadata.labels?.[key] !== value);
    const labelled = missing ? await client.patch(config.nodeName, { metadata: { labels: wanted.metadata.labels } }, { type: "strategic" }) : held;
    onNode(labelled);
    await this.#writeStatus(labelled, known);
  }

  async #reportStatus(): Promise<void> {
    const { context } = this.#options;
    while (!context.signal.aborted) {
      try {
        await this.#checkStatus();
      } catch (error) {
        if (!context.signal.aborted && !isConflict(error)) context.logger.warn({ error: errorText(error) }, "cannot update node status");
      }
      await context.clock.sleep(this.#ready ? statusCheckMs : notReadyCheckMs, context.signal).catch(() => {});
    }
  }

  async #checkStatus(): Promise<void> {
    const { context, config, facts, onNode } = this.#options;
    const held = await context.client.of(nodes).find(config.nodeName);
    if (held === undefined) return this.register();
    onNode(held);
    await this.#writeStatus(held, await facts());
  }

  async #writeStatus(held: Node, facts: NodeFacts): Promise<void> {
    const { context, config, onNode } = this.#options;
    const now = context.clock.now();
    const status = nodeStatus(config, facts, held.status, now);
    this.#ready = facts.notReady.length === 0;
    const unchanged = sameJson(comparable(held.status), comparable(status));
    if (unchanged && now - this.#lastReportMs < statusReportMs) return;
    const patch = statusDifference(held.status ?? {}, status);
    onNode(await context.client.of(nodes).patch(config.nodeName, { status: patch }, { type: "strategic" }, "status"));
    this.#lastReportMs = now;
  }

  async #renewLeases(): Promise<void> {
    const { context } = this.#options;
    while (!context.signal.aborted) {
      try {
        await this.#renewLease();
      } catch (error) {
        this.#lease = undefined;
        if (!context.signal.aborted && !isConflict(error)) context.logger.warn({ error: errorText(error) }, "cannot renew the node's lease");
      }
      await context.clock.sleep(leaseRenewMs, context.signal).catch(() => {});
    }
  }

  async #renewLease(): Promise<void> {
    const { context, config } = this.#options;
    const client = context.client.of(leases).in(namespace);
    const renewTime = microTimeText(context.clock.now());
    const held = this.#lease ?? (await client.find(config.nodeName));
    if (held !== undefined) {
      this.#lease = await client.update({ ...held, spec: { ...held.spec, holderIdentity: config.nodeName, leaseDurationSeconds, renewTime } });
      return;
    }
    const owner = await context.client.of(nodes).find(config.nodeName);
    if (owner === undefined) return;
    this.#lease = await client.create({
      metadata: {
        name: config.nodeName,
        namespace,
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name: config.nodeName, uid: owner.metadata.uid }],
      },
      spec: { holderIdentity: config.nodeName, leaseDurationSeconds, renewTime },
    });
  }
}

/** What differs, and of resources only the names that differ: others add and remove theirs at any time. */
export function statusDifference(before: NodeStatus, after: NodeStatus): object {
  const old = before as Record<string, unknown>;
  const changed = Object.entries(after).filter(([key, value]) => !sameJson(old[key], value));
  return Object.fromEntries(
    changed.map(([key, value]) =>
      key === "capacity" || key === "allocatable" ? [key, mapDifference(old[key] as Quantities, value as Quantities)] : [key, value],
    ),
  );
}

type Quantities = Record<string, string> | undefined;

function mapDifference(before: Quantities = {}, after: Quantities = {}): Record<string, string | null> {
  const gone = Object.keys(before).filter((name) => !(name in after));
  const changed = Object.entries(after).filter(([name, quantity]) => before[name] !== quantity);
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...Object.fromEntries(changed) };
}
