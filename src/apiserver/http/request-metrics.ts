/** What is measured of every request. */
import type { RequestInfo } from "../contract.ts";

export interface RequestMetrics {
  /** Call the result once, with the code of the answer. */
  begin(method: string, info: RequestInfo): (code: number) => void;
}

export const noMetrics: RequestMetrics = { begin: () => () => undefined };
