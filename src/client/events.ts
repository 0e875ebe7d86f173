/** Event recorder: tells users why things happen. Repeats of one event within a while are counted on one object. */
import type { KubeObject } from "../machinery/object.ts";

/** What an Event is about. `fieldPath` names a part of it: `spec.containers{web}`. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly fieldPath?: string;
}

export interface EventRecorder {
  /** Returns at once; failures to write are logged, never thrown. `reason` is CamelCase as in Kubernetes. */
  event(about: KubeObject | EventSubject, type: "Normal" | "Warning", reason: string, message: string): void;
}
