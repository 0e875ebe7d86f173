/** A short notation for policy rules and roles, so that the tables of defaults stay readable. */
import type { PolicyRule } from "../../api/rbac/v1/common.ts";

export const readVerbs = "get list watch";
export const writeVerbs = "create delete deletecollection patch update";

/** Words separated by blanks; `core` stands for the group "". */
function words(text: string): string[] {
  return text.split(" ").map((word) => (word === "core" ? "" : word));
}

/** `rule("get list", "core apps", "pods deployments")`; `names` narrows to these objects. */
export function rule(verbs: string, groups: string, resources: string, names: readonly string[] = []): PolicyRule {
  return {
    verbs: verbs.split(" "),
    apiGroups: words(groups),
    resources: resources.split(" "),
    ...(names.length === 0 ? {} : { resourceNames: [...names] }),
  };
}

export function urlRule(verbs: string, ...urls: readonly string[]): PolicyRule {
  return { verbs: verbs.split(" "), nonResourceURLs: [...urls] };
}

/** Components report what they do. */
export const eventsRule: PolicyRule = rule("create patch update", "core events.k8s.io", "events");
