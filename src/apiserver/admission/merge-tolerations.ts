/** Tolerations of two sources as one list, without those that another one covers (pkg/util/tolerations). */
import type { Toleration } from "../../api/core/v1/common.ts";
import { sameJson } from "../../machinery/json.ts";

/** Of equals the first stays. */
export function mergeTolerations(all: readonly Toleration[]): Toleration[] {
  const merged: Toleration[] = [];
  for (const [index, toleration] of all.entries()) {
    const coveredBefore = merged.some((other) => covers(other, toleration));
    const coveredLater = all.slice(index + 1).some((other) => !sameJson(other, toleration) && covers(other, toleration));
    if (!coveredBefore && !coveredLater) merged.push(toleration);
  }
  return merged;
}

/** Whether `wide` tolerates all that `toleration` does, for as long. */
function covers(wide: Toleration, toleration: Toleration): boolean {
  if (sameJson(wide, toleration)) return true;
  const [wideKey, wideEffect] = [wide.key ?? "", wide.effect ?? ""];
  if ((toleration.key ?? "") !== wideKey && !(wideKey === "" && wide.operator === "Exists")) return false;
  if ((toleration.effect ?? "") !== wideEffect && wideEffect !== "") return false;
  if (wideEffect === "NoExecute" && wide.tolerationSeconds !== undefined) {
    if (toleration.tolerationSeconds === undefined || toleration.tolerationSeconds > wide.tolerationSeconds) return false;
  }
  if (wide.operator === "Exists") return true;
  const isEqual = (operator: string | undefined): boolean => (operator ?? "") === "" || operator === "Equal";
  return isEqual(wide.operator) && isEqual(toleration.operator) && (toleration.value ?? "") === (wide.value ?? "");
}
