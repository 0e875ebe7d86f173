import { humanDuration } from "../../../machinery/time.ts";
import { ageColumn, containerColumns, formatSelector, nameColumn, text, wide } from "../../columns.ts";
import type { Column } from "../../resource.ts";
import type { Job } from "./job.ts";

export const jobColumns: readonly Column<Job>[] = [
  nameColumn,
  text("Status", "State of the job in a word.", statusText),
  text("Completions", "Pods that succeeded, of those that have to.", completionsText),
  text("Duration", "How long the job has run.", durationText),
  ageColumn,
  ...containerColumns<Job>((object) => object.spec.template.spec?.containers),
  wide(text("Selector", "Labels of the pods that are counted.", (object) => formatSelector(object.spec.selector))),
];

function statusText(object: Job): string {
  const has = (type: string) => object.status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (object.metadata.deletionTimestamp !== undefined) return "Terminating";
  if (has("Suspended")) return "Suspended";
  if (has("FailureTarget")) return "FailureTarget";
  return has("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

function completionsText({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: Job, now: number): string {
  if (status?.startTime === undefined) return "";
  const end = status.completionTime === undefined ? now : Date.parse(status.completionTime);
  return humanDuration(end - Date.parse(status.startTime));
}
