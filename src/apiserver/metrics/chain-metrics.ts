/** Metrics of what stands between a request and the registry: the same authenticator, authorizer and plugins, counted and timed. */
import type { Clock } from "../../machinery/clock.ts";
import type { AuditBackend, AuditOptions } from "../audit/trail.ts";
import type { AdmissionAttributes, AdmissionPlugin, Authenticator, AuthorizationDecision, Authorizer, UserInfo } from "../contract.ts";
import { type Exposition, exponentialBounds } from "./families.ts";

const quickBounds = exponentialBounds(0.001, 2, 15);

export function measuredAuthenticator(authenticator: Authenticator, exposition: Exposition, clock: Clock): Authenticator {
  const attempts = exposition.counter("authentication_attempts", "Attempts to find out who asks.", "result");
  const duration = exposition.histogram("authentication_duration_seconds", "Seconds that it took to find out who asks.", quickBounds, "result");
  const users = exposition.counter("authenticated_user_requests", "Requests of known users; the names of others are not told.", "username");
  const observe = (result: string, started: number) => {
    attempts.cell(result).inc();
    duration.cell(result).observe((clock.now() - started) / 1000);
  };
  return {
    authenticate: async (credentials): Promise<UserInfo | undefined> => {
      const started = clock.now();
      try {
        const user = await authenticator.authenticate(credentials);
        observe(user === undefined ? "failure" : "success", started);
        if (user !== undefined) users.cell(user.name === "kube-apiserver" ? "client" : "other").inc();
        return user;
      } catch (error) {
        observe("error", started);
        throw error;
      }
    },
  };
}

const results = { allow: "allowed", deny: "denied", noOpinion: "no-opinion" } as const;

export function measuredAuthorizer(authorizer: Authorizer, exposition: Exposition, clock: Clock): Authorizer {
  const attempts = exposition.counter("authorization_attempts_total", "Decisions on whether a request is allowed.", "result");
  const duration = exposition.histogram("authorization_duration_seconds", "Seconds of such decisions.", quickBounds, "result");
  const observe = (result: string, started: number) => {
    attempts.cell(result).inc();
    duration.cell(result).observe((clock.now() - started) / 1000);
  };
  const settled = (decision: AuthorizationDecision, started: number): AuthorizationDecision => {
    observe(decision.error !== undefined && decision.decision !== "allow" ? "error" : results[decision.decision], started);
    return decision;
  };
  return {
    authorize: (attributes) => {
      const started = clock.now();
      const decision = authorizer.authorize(attributes);
      // Most decide at once; they shall not wait for a turn of the event loop because they are counted.
      if (!(decision instanceof Promise)) return settled(decision, started);
      return decision.then(
        (late) => settled(late, started),
        (error: unknown) => {
          observe("error", started);
          throw error;
        },
      );
    },
  };
}

const admissionBounds = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

export function measuredPlugins(plugins: readonly AdmissionPlugin[], exposition: Exposition, clock: Clock): AdmissionPlugin[] {
  const duration = exposition.histogram(
    "apiserver_admission_controller_admission_duration_seconds",
    "Seconds that an admission plugin took.",
    admissionBounds,
    "name",
    "operation",
    "rejected",
    "type",
  );
  const measured = (plugin: AdmissionPlugin, type: string, run: (attributes: AdmissionAttributes) => Promise<void> | void) => {
    return (attributes: AdmissionAttributes): Promise<void> | void => {
      const started = clock.now();
      const observe = (rejected: boolean) => duration.cell(plugin.name, attributes.operation, String(rejected), type).observe((clock.now() - started) / 1000);
      return observed(() => run(attributes), observe);
    };
  };
  return plugins.map((plugin) => ({
    name: plugin.name,
    handles: (operation, definition, subresource) => plugin.handles(operation, definition, subresource),
    ...(plugin.admit === undefined ? {} : { admit: measured(plugin, "admit", (attributes) => plugin.admit?.(attributes)) }),
    ...(plugin.validate === undefined ? {} : { validate: measured(plugin, "validate", (attributes) => plugin.validate?.(attributes)) }),
  }));
}

function observed(run: () => Promise<void> | void, observe: (rejected: boolean) => void): Promise<void> | void {
  try {
    const running = run();
    if (!(running instanceof Promise)) {
      observe(false);
      return;
    }
    return running.then(
      () => observe(false),
      (error: unknown) => {
        observe(true);
        throw error;
      },
    );
  } catch (error) {
    observe(true);
    throw error;
  }
}

/** The same backends, their events counted, and what they lose. */
export function measuredAudit(audit: AuditOptions, exposition: Exposition): AuditOptions {
  const events = exposition.counter("apiserver_audit_event_total", "Audit events handed to the backends.").cell();
  const errors = exposition.counter("apiserver_audit_error_total", "Audit events that were not kept, by the plugin that lost them.", "plugin");
  const levels = exposition.counter("apiserver_audit_level_total", "Requests by the level of their audit events.", "level");
  const rejected = exposition.counter("apiserver_audit_requests_rejected_total", "Requests refused because they could not be recorded.").cell();
  for (const backend of audit.backends) backend.onLost?.((plugin, count) => errors.cell(plugin).inc(count));
  // Every event goes to every backend; this one counts.
  const counting: AuditBackend = {
    record: (event): undefined => {
      events.inc();
      if (event.stage === "ResponseComplete" || event.stage === "Panic") levels.cell(event.level).inc();
    },
    close: async () => undefined,
  };
  return { ...audit, backends: [counting, ...audit.backends], onRejected: () => rejected.inc() };
}
