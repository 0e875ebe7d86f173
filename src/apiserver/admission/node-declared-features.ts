/**
 * NodeDeclaredFeatureValidator: a pod that runs is not changed in ways its kubelet does not know of (KEP-5328). Kubelets
 * declare what they can in status.declaredFeatures of their node.
 */
import type { Container } from "../../api/core/v1/container.ts";
import { type Node, nodes } from "../../api/core/v1/node.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import { sameJson } from "../../machinery/json.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../contract.ts";
import { isSame, refuse } from "./plugin.ts";

export function nodeDeclaredFeatures(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "NodeDeclaredFeatureValidator",
    handles: (operation, definition, subresource) => operation === "UPDATE" && isSame(definition, pods) && (subresource === "" || subresource === "resize"),
    async validate(attributes) {
      const [pod, old] = [attributes.object, attributes.oldObject] as [Pod, Pod];
      const { nodeName = "" } = pod.spec;
      if (nodeName === "" || pod.metadata.generation === old.metadata.generation) return;
      const demanded = demandedFeatures(pod, old);
      if (demanded.length === 0) return;
      const { declaredFeatures = [] } = (await nodeOf(attributes, nodeName, reader)).status ?? {};
      const missing = demanded.filter((feature) => !declaredFeatures.includes(feature));
      if (missing.length === 0) return;
      throw refuse(attributes, `pod update requires features ${missing.join(", ")} which are not available on node ${JSON.stringify(nodeName)}`);
    },
  };
}

async function nodeOf(attributes: AdmissionAttributes, name: string, reader: ObjectReader): Promise<Node> {
  const found = reader.get(nodes, "", name) ?? (await reader.getFresh(nodes, "", name));
  if (found === undefined) throw refuse(attributes, `node ${JSON.stringify(name)} not found`);
  return found;
}

/** What a kubelet must be able to do for this change, sorted. */
function demandedFeatures({ spec }: Pod, { spec: old }: Pod): string[] {
  const features: string[] = [];
  if (!sameJson(spec.resources ?? null, old.resources ?? null)) features.push("InPlacePodLevelResourcesVerticalScaling");
  if ((old.initContainers ?? []).some((container, index) => isResizedInit(container, spec.initContainers?.[index]))) {
    features.push("InPlacePodVerticalScalingInitContainers");
  }
  return features;
}

function isResizedInit(old: Container, container: Container | undefined): boolean {
  return old.restartPolicy !== "Always" && container !== undefined && !sameJson(old.resources ?? {}, container.resources ?? {});
}
