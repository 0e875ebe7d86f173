/** Aggregated cluster roles: rules of `admin`, `edit`, `view` and their like are the sum of the roles they select. */
import { type ClusterRole, clusterRoles } from "../../api/rbac/v1/cluster-role.ts";
import type { PolicyRule } from "../../api/rbac/v1/common.ts";
import type { Clock } from "../../machinery/clock.ts";
import { sameJson } from "../../machinery/json.ts";
import type { Logger } from "../../machinery/logger.ts";
import { selectorOf } from "../../machinery/selectors/label-selector.ts";
import { matchesLabels } from "../../machinery/selectors/labels.ts";
import type { Transport } from "../../machinery/transport.ts";
import type { ObjectReader } from "../contract.ts";

/**
 * Rules of one aggregating role: those of the selected roles in order of their names, each rule once. Undefined when
 * the role aggregates nothing.
 */
export function aggregatedRules(role: ClusterRole, all: Iterable<ClusterRole>): PolicyRule[] | undefined {
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (selectors === undefined) return undefined;
  const matchers = selectors.map(selectorOf);
  const chosen = [...all].filter(
    (other) => other.metadata.name !== role.metadata.name && matchers.some((selector) => matchesLabels(selector, other.metadata.labels ?? {})),
  );
  chosen.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const rule of chosen.flatMap((other) => other.rules ?? [])) if (!rules.some((known) => sameJson(known, rule))) rules.push(rule);
  return rules;
}

/** Roles whose rules have to be written, with the rules. Writing some may change others: ask again after each event. */
export function staleAggregations(all: readonly ClusterRole[]): { role: ClusterRole; rules: PolicyRule[] }[] {
  return all.flatMap((role) => {
    const rules = aggregatedRules(role, all);
    return rules === undefined || sameJson(rules, role.rules ?? []) ? [] : [{ role, rules }];
  });
}

export interface AggregationOptions {
  readonly reader: ObjectReader;
  /** As a user that may escalate cluster roles. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Events come in bursts; one pass answers them all. */
const settleMs = 50;
const retryMs = 1000;

/** Keeps aggregating roles up to date until `signal` aborts. */
export function startRoleAggregation({ reader, transport, clock, logger, signal }: AggregationOptions): void {
  let scheduled = false;
  const pass = async (): Promise<void> => {
    for (const { role, rules } of staleAggregations([...reader.list(clusterRoles)])) {
      const target = { resource: clusterRoles, name: role.metadata.name };
      const body = { metadata: { resourceVersion: role.metadata.resourceVersion }, rules };
      await transport.patch(target, body, { type: "merge", fieldManager: "clusterrole-aggregation-controller" }, signal);
    }
  };
  const schedule = (delayMs: number): void => {
    if (scheduled || signal.aborted) return;
    scheduled = true;
    clock.sleep(delayMs, signal).then(
      async () => {
        scheduled = false;
        await pass().catch((error: unknown) => {
          if (signal.aborted) return;
          logger.warn({ error }, "cannot aggregate cluster roles: will try again");
          schedule(retryMs);
        });
      },
      // The signal has aborted: there is nothing left to do.
      () => undefined,
    );
  };
  reader.subscribe(clusterRoles, () => schedule(settleMs), signal);
}
