/** A volume goes only when it is bound no more (finalizer kubernetes.io/pv-protection). */
import { persistentVolumes } from "../../client/resources.ts";
import type { Controller } from "../controller.ts";
import { runProtection } from "./protection.ts";

export const pvProtectionController: Controller = {
  name: "persistentvolume-protection-controller",
  account: "pv-protection-controller",
  run: (context) =>
    runProtection(context, {
      resource: persistentVolumes,
      finalizer: "kubernetes.io/pv-protection",
      isUsed: (volume) => volume.status?.phase === "Bound",
    }),
};
