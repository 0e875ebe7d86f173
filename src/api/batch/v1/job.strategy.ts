/** The life of a job in the registry (pkg/registry/batch/job/strategy.go). */
import type { Strategy } from "../../resource.ts";
import { specAndStatus } from "../../strategy.ts";
import { defaultJob } from "./defaults.ts";
import type { Job } from "./job.ts";
import { jobErrors, jobUpdateErrors, newJobErrors } from "./job.validation.ts";
import { jobLabels } from "./job-labels.ts";
import { jobWarnings } from "./warnings.ts";

const life = specAndStatus<Job>(() => ({}));

export const jobStrategy: Strategy<Job> = {
  ...life,
  defaultPropagation: "Orphan",
  defaults: defaultJob,
  warnings: jobWarnings,
  validate: (job, _context, old) => jobErrors(job, old),
  validateCreate: newJobErrors,
  validateUpdate: jobUpdateErrors,
  prepareForCreate: (job, context) => {
    generateSelector(job);
    takeLabels(job);
    life.prepareForCreate(job, context);
  },
  prepareForUpdate: (job, old, context) => {
    takeLabels(job);
    life.prepareForUpdate(job, old, context);
  },
};

/** A job without labels is labelled like its pods. */
function takeLabels({ metadata, spec }: Job): void {
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

/**
 * Unless the client selects by itself (manualSelector), a job counts the pods that carry its uid, so that jobs never
 * share pods. A selector or labels that the client sent all the same are left for validation to refuse.
 */
function generateSelector({ metadata, spec }: Job): void {
  if (spec.manualSelector === true || spec.template === undefined) return;
  const { uid, name } = metadata;
  const wanted: Record<string, string> = {
    [jobLabels.legacyControllerUid]: uid,
    [jobLabels.legacyJobName]: name,
    [jobLabels.controllerUid]: uid,
    [jobLabels.jobName]: name,
  };
  spec.template.metadata = { ...(spec.template.metadata ?? {}) } as Job["metadata"];
  spec.template.metadata.labels = { ...wanted, ...spec.template.metadata.labels };
  spec.selector ??= {};
  spec.selector.matchLabels = { [jobLabels.controllerUid]: uid, ...spec.selector.matchLabels };
}
