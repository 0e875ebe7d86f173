/** Which requests a webhook authorizer is asked about (KEP-3221): those of which all its conditions hold. */
import { type Program, runtimeCostBudget } from "../../machinery/cel/index.ts";
import type { AuthorizationAttributes, SelectorRequirement } from "../contract.ts";

export interface ConditionsMatch {
  readonly matches: boolean;
  /** Why one could not be evaluated, where no other says no. */
  readonly error?: string | undefined;
}

/** One that does not hold decides, whatever becomes of the others. */
export function conditionsMatch(conditions: readonly Program[], attributes: AuthorizationAttributes): ConditionsMatch {
  const request = requestOf(attributes);
  const errors: string[] = [];
  let budget = runtimeCostBudget;
  for (const condition of conditions) {
    const outcome = condition.evaluate({ request });
    budget -= outcome.cost;
    if (budget < 0) errors.push("validation failed due to running out of cost budget, no further validation rules will be run");
    else if ("value" in outcome && outcome.value === false) return { matches: false };
    else if (outcome.error !== undefined) errors.push(`cel evaluation error: expression '${condition.expression}' resulted in error: ${outcome.error.message}`);
    if (budget < 0) break;
  }
  return errors.length === 0 ? { matches: true } : { matches: false, error: errors.length === 1 ? errors[0] : `[${errors.join(", ")}]` };
}

/** SubjectAccessReviewSpec with every text field there, also the empty ones. */
function requestOf(attributes: AuthorizationAttributes): object {
  const { user, isResourceRequest, verb, path, namespace, group, version, resource, subresource, name } = attributes;
  return {
    user: user.name,
    groups: user.groups,
    uid: user.uid ?? "",
    extra: user.extra ?? {},
    ...(isResourceRequest
      ? { resourceAttributes: { namespace, verb, group, version, resource, subresource, name, ...selectorsOf(attributes) } }
      : { nonResourceAttributes: { path, verb } }),
  };
}

function selectorsOf({ fieldSelector, labelSelector }: AuthorizationAttributes): object {
  const present = (requirements: readonly SelectorRequirement[] | undefined) => requirements !== undefined && requirements.length > 0;
  return {
    ...(present(fieldSelector) ? { fieldSelector: { requirements: fieldSelector } } : {}),
    ...(present(labelSelector) ? { labelSelector: { requirements: labelSelector } } : {}),
  };
}
