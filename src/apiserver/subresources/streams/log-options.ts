/** PodLogOptions: read from a query, validated, and passed on to the kubelet. */
import { badRequest, type FieldError, fieldError, invalid } from "../../../machinery/status.ts";
import { canonicalTime } from "../../../machinery/time.ts";

export interface PodLogOptions {
  /** "" when the client named none. */
  readonly container: string;
  readonly follow: boolean;
  readonly insecureSkipTLSVerifyBackend: boolean;
  /** What the kubelet is to be told. */
  readonly query: URLSearchParams;
}

const numbers = ["tailLines", "limitBytes", "sinceSeconds"] as const;
const flags = ["follow", "previous", "timestamps"] as const;

/** Throws 400 for what cannot be read, 422 for what makes no sense. */
export function parseLogOptions(query: URLSearchParams, podName: string): PodLogOptions {
  const values = new Map(numbers.flatMap((name) => numberIn(query, name)));
  const sinceTime = timeIn(query);
  const errors = optionErrors(values, sinceTime, query.get("sinceSeconds") ?? "");
  if (errors.length > 0) throw invalid("", "PodLogOptions", podName, errors);
  const passed = new URLSearchParams();
  for (const flag of flags) if (flagIn(query, flag)) passed.set(flag, "true");
  for (const [name, value] of values) passed.set(name, String(value));
  if (sinceTime !== "") passed.set("sinceTime", sinceTime);
  return {
    container: query.get("container") ?? "",
    follow: flagIn(query, "follow"),
    insecureSkipTLSVerifyBackend: flagIn(query, "insecureSkipTLSVerifyBackend"),
    query: passed,
  };
}

function optionErrors(values: ReadonlyMap<string, number>, sinceTime: string, sinceSeconds: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const tail = values.get("tailLines");
  if (tail !== undefined && tail < 0) errors.push(fieldError.invalid("tailLines", tail, "must be greater than or equal to 0"));
  const limit = values.get("limitBytes");
  if (limit !== undefined && limit < 1) errors.push(fieldError.invalid("limitBytes", limit, "must be greater than 0"));
  const since = values.get("sinceSeconds");
  if (since !== undefined && sinceTime !== "") {
    errors.push(fieldError.forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  } else if (since !== undefined && since < 1) {
    errors.push(fieldError.invalid("sinceSeconds", Number(sinceSeconds), "must be greater than 0"));
  }
  return errors;
}

/** Query parameters of type bool as k8s.io/apimachinery's conversion reads them: present means true, unless it says false. */
export function flagIn(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && !["false", "False", "FALSE", "f", "F", "0"].includes(value);
}

function numberIn(query: URLSearchParams, name: string): [string, number][] {
  const text = query.get(name) ?? "";
  if (text === "") return [];
  if (!/^[-+]?[0-9]+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return [[name, value]];
}

function timeIn(query: URLSearchParams): string {
  const text = query.get("sinceTime") ?? "";
  if (text === "") return "";
  try {
    return canonicalTime(text);
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}
