import { bool, type Infer, int32, int64, intOrString, list, message, obj, str } from "../../../machinery/schema.ts";
import { localObjectReference, objectFieldSelector, resourceFieldSelector, resourceRequirements } from "./common.ts";
import { securityContext } from "./security-context.ts";

export const configMapEnvSource = message(
  "io.k8s.api.core.v1.ConfigMapEnvSource",
  "",
  {
    optional: bool(2, ""),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }] },
);
export interface ConfigMapEnvSource extends Infer<typeof configMapEnvSource> {}

export const configMapKeySelector = message(
  "io.k8s.api.core.v1.ConfigMapKeySelector",
  "",
  {
    key: str(2, "", { required: true }),
    optional: bool(3, ""),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }] },
);
export interface ConfigMapKeySelector extends Infer<typeof configMapKeySelector> {}

export const containerPort = message("io.k8s.api.core.v1.ContainerPort", "", {
  name: str(1, ""),
  hostPort: int32(2, ""),
  containerPort: int32(3, "", { required: true }),
  protocol: str(4, "", { default: "TCP", enum: ["SCTP", "TCP", "UDP"] }),
  hostIP: str(5, ""),
});
export interface ContainerPort extends Infer<typeof containerPort> {}

export const containerResizePolicy = message("io.k8s.api.core.v1.ContainerResizePolicy", "", {
  resourceName: str(1, "", { required: true }),
  restartPolicy: str(2, "", { required: true }),
});
export interface ContainerResizePolicy extends Infer<typeof containerResizePolicy> {}

export const containerRestartRuleOnExitCodes = message("io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes", "", {
  operator: str(1, "", { required: true }),
  values: list(2, "int32", "", { listType: "set" }),
});
export interface ContainerRestartRuleOnExitCodes extends Infer<typeof containerRestartRuleOnExitCodes> {}

export const containerRestartRule = message("io.k8s.api.core.v1.ContainerRestartRule", "", {
  action: str(1, "", { required: true }),
  exitCodes: obj(2, containerRestartRuleOnExitCodes, ""),
});
export interface ContainerRestartRule extends Infer<typeof containerRestartRule> {}

export const secretEnvSource = message(
  "io.k8s.api.core.v1.SecretEnvSource",
  "",
  {
    optional: bool(2, ""),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }] },
);
export interface SecretEnvSource extends Infer<typeof secretEnvSource> {}

export const envFromSource = message("io.k8s.api.core.v1.EnvFromSource", "", {
  prefix: str(1, ""),
  configMapRef: obj(2, configMapEnvSource, ""),
  secretRef: obj(3, secretEnvSource, ""),
});
export interface EnvFromSource extends Infer<typeof envFromSource> {}

export const fileKeySelector = message("io.k8s.api.core.v1.FileKeySelector", "", {
  volumeName: str(1, "", { required: true }),
  path: str(2, "", { required: true }),
  key: str(3, "", { required: true }),
  optional: bool(4, ""),
});
export interface FileKeySelector extends Infer<typeof fileKeySelector> {}

export const secretKeySelector = message(
  "io.k8s.api.core.v1.SecretKeySelector",
  "",
  {
    key: str(2, "", { required: true }),
    optional: bool(3, ""),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }] },
);
export interface SecretKeySelector extends Infer<typeof secretKeySelector> {}

export const envVarSource = message("io.k8s.api.core.v1.EnvVarSource", "", {
  fieldRef: obj(1, objectFieldSelector, ""),
  resourceFieldRef: obj(2, resourceFieldSelector, ""),
  configMapKeyRef: obj(3, configMapKeySelector, ""),
  secretKeyRef: obj(4, secretKeySelector, ""),
  fileKeyRef: obj(5, fileKeySelector, ""),
});
export interface EnvVarSource extends Infer<typeof envVarSource> {}

export const envVar = message("io.k8s.api.core.v1.EnvVar", "", {
  name: str(1, "", { required: true }),
  value: str(2, ""),
  valueFrom: obj(3, envVarSource, ""),
});
export interface EnvVar extends Infer<typeof envVar> {}

export const execAction = message("io.k8s.api.core.v1.ExecAction", "", {
  command: list(1, "string", "", { listType: "atomic" }),
});
export interface ExecAction extends Infer<typeof execAction> {}

export const httpHeader = message("io.k8s.api.core.v1.HTTPHeader", "", {
  name: str(1, "", { required: true }),
  value: str(2, "", { required: true }),
});
export interface HTTPHeader extends Infer<typeof httpHeader> {}

export const httpGetAction = message("io.k8s.api.core.v1.HTTPGetAction", "", {
  path: str(1, "", { default: "/" }),
  port: intOrString(2, "", { required: true }),
  host: str(3, ""),
  scheme: str(4, "", { default: "HTTP", enum: ["HTTP", "HTTPS"] }),
  httpHeaders: list(5, httpHeader, "", { listType: "atomic" }),
});
export interface HTTPGetAction extends Infer<typeof httpGetAction> {}

export const sleepAction = message("io.k8s.api.core.v1.SleepAction", "", {
  seconds: int64(1, "", { required: true }),
});
export interface SleepAction extends Infer<typeof sleepAction> {}

export const tcpSocketAction = message("io.k8s.api.core.v1.TCPSocketAction", "", {
  port: intOrString(1, "", { required: true }),
  host: str(2, ""),
});
export interface TCPSocketAction extends Infer<typeof tcpSocketAction> {}

export const lifecycleHandler = message("io.k8s.api.core.v1.LifecycleHandler", "", {
  exec: obj(1, execAction, ""),
  httpGet: obj(2, httpGetAction, ""),
  tcpSocket: obj(3, tcpSocketAction, ""),
  sleep: obj(4, sleepAction, ""),
});
export interface LifecycleHandler extends Infer<typeof lifecycleHandler> {}

export const lifecycle = message("io.k8s.api.core.v1.Lifecycle", "", {
  postStart: obj(1, lifecycleHandler, ""),
  preStop: obj(2, lifecycleHandler, ""),
  stopSignal: str(3, ""),
});
export interface Lifecycle extends Infer<typeof lifecycle> {}

export const grpcAction = message("io.k8s.api.core.v1.GRPCAction", "", {
  port: int32(1, "", { required: true }),
  service: str(2, "", { default: "" }),
});
export interface GRPCAction extends Infer<typeof grpcAction> {}

export const probeHandler = message("io.k8s.api.core.v1.ProbeHandler", "", {
  exec: obj(1, execAction, ""),
  httpGet: obj(2, httpGetAction, ""),
  tcpSocket: obj(3, tcpSocketAction, ""),
  grpc: obj(4, grpcAction, ""),
});
export interface ProbeHandler extends Infer<typeof probeHandler> {}

export const probe = message(
  "io.k8s.api.core.v1.Probe",
  "",
  {
    initialDelaySeconds: int32(2, "", { min: 0 }),
    timeoutSeconds: int32(3, "", { default: 1, min: 0 }),
    periodSeconds: int32(4, "", { default: 10, min: 0 }),
    successThreshold: int32(5, "", { default: 1, min: 0 }),
    failureThreshold: int32(6, "", { default: 3, min: 0 }),
    terminationGracePeriodSeconds: int64(7, ""),
    ...probeHandler.fields,
  },
  { inline: [{ number: 1, message: probeHandler }] },
);
export interface Probe extends Infer<typeof probe> {}

export const volumeDevice = message("io.k8s.api.core.v1.VolumeDevice", "", {
  name: str(1, "", { required: true }),
  devicePath: str(2, "", { required: true }),
});
export interface VolumeDevice extends Infer<typeof volumeDevice> {}

export const volumeMount = message("io.k8s.api.core.v1.VolumeMount", "", {
  name: str(1, "", { required: true }),
  readOnly: bool(2, ""),
  mountPath: str(3, "", { required: true }),
  subPath: str(4, ""),
  mountPropagation: str(5, "", { enum: ["Bidirectional", "HostToContainer", "None"] }),
  subPathExpr: str(6, ""),
  recursiveReadOnly: str(7, "", { enum: ["Disabled", "Enabled", "IfPossible"] }),
});
export interface VolumeMount extends Infer<typeof volumeMount> {}

export const container = message("io.k8s.api.core.v1.Container", "", {
  name: str(1, "", { required: true }),
  image: str(2, ""),
  command: list(3, "string", "", { listType: "atomic" }),
  args: list(4, "string", "", { listType: "atomic" }),
  workingDir: str(5, ""),
  ports: list(6, containerPort, "", { listType: "map", keys: ["containerPort", "protocol"], patch: "merge", mergeKey: "containerPort" }),
  env: list(7, envVar, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  resources: obj(8, resourceRequirements, "", { default: {} }),
  volumeMounts: list(9, volumeMount, "", { listType: "map", keys: ["mountPath"], patch: "merge", mergeKey: "mountPath" }),
  livenessProbe: obj(10, probe, ""),
  readinessProbe: obj(11, probe, ""),
  lifecycle: obj(12, lifecycle, ""),
  terminationMessagePath: str(13, "", { default: "/dev/termination-log" }),
  imagePullPolicy: str(14, "", { enum: ["Always", "IfNotPresent", "Never"] }),
  securityContext: obj(15, securityContext, ""),
  stdin: bool(16, ""),
  stdinOnce: bool(17, ""),
  tty: bool(18, ""),
  envFrom: list(19, envFromSource, "", { listType: "atomic" }),
  terminationMessagePolicy: str(20, "", { default: "File", enum: ["File", "FallbackToLogsOnError"] }),
  volumeDevices: list(21, volumeDevice, "", { listType: "map", keys: ["devicePath"], patch: "merge", mergeKey: "devicePath" }),
  startupProbe: obj(22, probe, ""),
  resizePolicy: list(23, containerResizePolicy, "", { listType: "atomic" }),
  restartPolicy: str(24, ""),
  restartPolicyRules: list(25, containerRestartRule, "", { listType: "atomic" }),
});
export interface Container extends Infer<typeof container> {}

export const ephemeralContainerCommon = message("io.k8s.api.core.v1.EphemeralContainerCommon", "", {
  name: str(1, "", { required: true }),
  image: str(2, ""),
  command: list(3, "string", "", { listType: "atomic" }),
  args: list(4, "string", "", { listType: "atomic" }),
  workingDir: str(5, ""),
  ports: list(6, containerPort, "", { listType: "map", keys: ["containerPort", "protocol"], patch: "merge", mergeKey: "containerPort" }),
  env: list(7, envVar, "", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  resources: obj(8, resourceRequirements, "", { default: {} }),
  volumeMounts: list(9, volumeMount, "", { listType: "map", keys: ["mountPath"], patch: "merge", mergeKey: "mountPath" }),
  livenessProbe: obj(10, probe, ""),
  readinessProbe: obj(11, probe, ""),
  lifecycle: obj(12, lifecycle, ""),
  terminationMessagePath: str(13, "", { default: "/dev/termination-log" }),
  imagePullPolicy: str(14, "", { enum: ["Always", "IfNotPresent", "Never"] }),
  securityContext: obj(15, securityContext, ""),
  stdin: bool(16, ""),
  stdinOnce: bool(17, ""),
  tty: bool(18, ""),
  envFrom: list(19, envFromSource, "", { listType: "atomic" }),
  terminationMessagePolicy: str(20, "", { default: "File", enum: ["File", "FallbackToLogsOnError"] }),
  volumeDevices: list(21, volumeDevice, "", { listType: "map", keys: ["devicePath"], patch: "merge", mergeKey: "devicePath" }),
  startupProbe: obj(22, probe, ""),
  resizePolicy: list(23, containerResizePolicy, "", { listType: "atomic" }),
  restartPolicy: str(24, ""),
  restartPolicyRules: list(25, containerRestartRule, "", { listType: "atomic" }),
});
export interface EphemeralContainerCommon extends Infer<typeof ephemeralContainerCommon> {}

export const ephemeralContainer = message(
  "io.k8s.api.core.v1.EphemeralContainer",
  "",
  {
    targetContainerName: str(2, ""),
    ...ephemeralContainerCommon.fields,
  },
  { inline: [{ number: 1, message: ephemeralContainerCommon }] },
);
export interface EphemeralContainer extends Infer<typeof ephemeralContainer> {}
