/** What a controller is to the one who runs it. */
import type { ComponentContext } from "../client/component.ts";

export interface Controller {
  /** As in `kube-controller-manager --controllers`, such as `deployment-controller`. */
  readonly name: string;
  /** Its ServiceAccount in kube-system: ClusterRole `system:controller:ACCOUNT` says what it may do. Absent: it acts as the controller manager. */
  readonly account?: string;
  /** Source of its Events, where that differs from `name`. */
  readonly eventSource?: string;
  /**
   * Asks for its informers before the first await, then starts them; runs until `context.signal` aborts, and settles when
   * all it began has ended. Rejects only when it cannot go on.
   */
  run(context: ComponentContext): Promise<void>;
}
