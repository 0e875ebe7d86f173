/** What is measured of every request. */
import type { RequestInfo } from "../contract.ts";

export interface ArrivedRequest {
  readonly method: string;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  /** Media type of the body, parameters included; "" without one. */
  readonly contentType: string;
}

export interface RequestMeasure {
  /** Events of a watch went out, so many bytes together. */
  events(count: number, bytes: number): void;
  /** Once, at the end: the answer's code (499: the client has gone), and its size. */
  done(code: number, bytes: number): void;
}

export interface RequestMetrics {
  begin(request: ArrivedRequest): RequestMeasure;
}
