import { bool, type Infer, int32, int64, intOrString, list, message, obj, str } from "../../../machinery/schema.ts";
import { localObjectReference, objectFieldSelector, resourceFieldSelector, resourceRequirements } from "./common.ts";
import { mountPropagations } from "./enums.ts";
import { securityContext } from "./security-context.ts";

export const configMapEnvSource = message(
  "io.k8s.api.core.v1.ConfigMapEnvSource",
  "Every key of a ConfigMap as a variable.",
  {
    optional: bool(2, "Whether what is named may be missing."),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }] },
);
export interface ConfigMapEnvSource extends Infer<typeof configMapEnvSource> {}

export const configMapKeySelector = message(
  "io.k8s.api.core.v1.ConfigMapKeySelector",
  "ConfigMapKeySelector names one key of a ConfigMap.",
  {
    key: str(2, "Key to take.", { required: true }),
    optional: bool(3, "Whether it may be missing."),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }], mapType: "atomic" },
);
export interface ConfigMapKeySelector extends Infer<typeof configMapKeySelector> {}

export const containerPort = message("io.k8s.api.core.v1.ContainerPort", "ContainerPort is a port that a container listens on.", {
  name: str(1, "Name that services and probes can refer to."),
  hostPort: int32(2, "Port of the node that leads to it."),
  containerPort: int32(3, "Port inside the pod.", { required: true }),
  protocol: str(4, "TCP, UDP or SCTP.", { default: "TCP", enum: ["SCTP", "TCP", "UDP"] }),
  hostIP: str(5, "Address of the node to bind hostPort to."),
});
export interface ContainerPort extends Infer<typeof containerPort> {}

export const containerResizePolicy = message("io.k8s.api.core.v1.ContainerResizePolicy", "What a change of one resource does to a running container.", {
  resourceName: str(1, "Name of the resource, such as cpu.", { required: true }),
  restartPolicy: str(2, "Whether the container restarts: NotRequired or RestartContainer.", { required: true }),
});
export interface ContainerResizePolicy extends Infer<typeof containerResizePolicy> {}

export const containerRestartRuleOnExitCodes = message("io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes", "Exit codes that a restart rule applies to.", {
  operator: str(1, "In or NotIn.", { required: true }),
  values: list(2, "int32", "The exit codes, at most 255.", { listType: "set" }),
});
export interface ContainerRestartRuleOnExitCodes extends Infer<typeof containerRestartRuleOnExitCodes> {}

export const containerRestartRule = message("io.k8s.api.core.v1.ContainerRestartRule", "What happens when a container ends in one of some ways.", {
  action: str(1, "What is done, such as Restart.", { required: true }),
  exitCodes: obj(2, containerRestartRuleOnExitCodes, "Exit codes the rule is for."),
});
export interface ContainerRestartRule extends Infer<typeof containerRestartRule> {}

export const secretEnvSource = message(
  "io.k8s.api.core.v1.SecretEnvSource",
  "Every key of a Secret as a variable.",
  {
    optional: bool(2, "Whether what is named may be missing."),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }] },
);
export interface SecretEnvSource extends Infer<typeof secretEnvSource> {}

export const envFromSource = message("io.k8s.api.core.v1.EnvFromSource", "EnvFromSource turns every key of a source into a variable.", {
  prefix: str(1, "Text to put before each name."),
  configMapRef: obj(2, configMapEnvSource, "ConfigMap to take the keys from."),
  secretRef: obj(3, secretEnvSource, "Secret to take the keys from."),
});
export interface EnvFromSource extends Infer<typeof envFromSource> {}

export const fileKeySelector = message(
  "io.k8s.api.core.v1.FileKeySelector",
  "A variable in a file of a volume.",
  {
    volumeName: str(1, "Volume that the file is in.", { required: true }),
    path: str(2, "Path of the file, relative to the volume.", { required: true }),
    key: str(3, "Name of the variable in the file.", { required: true }),
    optional: bool(4, "Whether what is named may be missing."),
  },
  { mapType: "atomic" },
);
export interface FileKeySelector extends Infer<typeof fileKeySelector> {}

export const secretKeySelector = message(
  "io.k8s.api.core.v1.SecretKeySelector",
  "SecretKeySelector names one key of a Secret.",
  {
    key: str(2, "Key to take.", { required: true }),
    optional: bool(3, "Whether it may be missing."),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }], mapType: "atomic" },
);
export interface SecretKeySelector extends Infer<typeof secretKeySelector> {}

export const envVarSource = message("io.k8s.api.core.v1.EnvVarSource", "EnvVarSource names one source of a variable's value.", {
  fieldRef: obj(1, objectFieldSelector, "A field of the pod."),
  resourceFieldRef: obj(2, resourceFieldSelector, "A resource of the container."),
  configMapKeyRef: obj(3, configMapKeySelector, "A key of a ConfigMap."),
  secretKeyRef: obj(4, secretKeySelector, "A key of a Secret."),
  fileKeyRef: obj(5, fileKeySelector, "A key of an env file in a volume."),
});
export interface EnvVarSource extends Infer<typeof envVarSource> {}

export const envVar = message("io.k8s.api.core.v1.EnvVar", "EnvVar is one environment variable.", {
  name: str(1, "Name of the variable.", { required: true }),
  value: str(2, "Value; $(NAME) stands for variables defined before."),
  valueFrom: obj(3, envVarSource, "Where the value comes from instead."),
});
export interface EnvVar extends Infer<typeof envVar> {}

export const execAction = message("io.k8s.api.core.v1.ExecAction", "ExecAction runs a command in the container.", {
  command: list(1, "string", "Command and arguments, without a shell; exit status 0 is success.", { listType: "atomic" }),
});
export interface ExecAction extends Infer<typeof execAction> {}

export const httpHeader = message("io.k8s.api.core.v1.HTTPHeader", "A header that a probe sends.", {
  name: str(1, "Name of the header.", { required: true }),
  value: str(2, "Value of the header.", { required: true }),
});
export interface HTTPHeader extends Infer<typeof httpHeader> {}

export const httpGetAction = message("io.k8s.api.core.v1.HTTPGetAction", "HTTPGetAction sends an HTTP GET request.", {
  path: str(1, "Path to request.", { default: "/" }),
  port: intOrString(2, "Port by number or name.", { required: true }),
  host: str(3, "Host to connect to; the pod's address unless set."),
  scheme: str(4, "HTTP or HTTPS.", { default: "HTTP", enum: ["HTTP", "HTTPS"] }),
  httpHeaders: list(5, httpHeader, "Headers to send.", { listType: "atomic" }),
});
export interface HTTPGetAction extends Infer<typeof httpGetAction> {}

export const sleepAction = message("io.k8s.api.core.v1.SleepAction", "A pause in the life of a container.", {
  seconds: int64(1, "Length of the pause, in seconds.", { required: true }),
});
export interface SleepAction extends Infer<typeof sleepAction> {}

export const tcpSocketAction = message("io.k8s.api.core.v1.TCPSocketAction", "TCPSocketAction opens a TCP connection.", {
  port: intOrString(1, "Port by number or name.", { required: true }),
  host: str(2, "Host to connect to; the pod's address unless set."),
});
export interface TCPSocketAction extends Infer<typeof tcpSocketAction> {}

export const lifecycleHandler = message("io.k8s.api.core.v1.LifecycleHandler", "LifecycleHandler is one action.", {
  exec: obj(1, execAction, "Runs a command in the container."),
  httpGet: obj(2, httpGetAction, "Sends an HTTP request."),
  tcpSocket: obj(3, tcpSocketAction, "Has no effect."),
  sleep: obj(4, sleepAction, "Waits."),
});
export interface LifecycleHandler extends Infer<typeof lifecycleHandler> {}

export const lifecycle = message("io.k8s.api.core.v1.Lifecycle", "Lifecycle holds the actions around a container's start and end.", {
  postStart: obj(1, lifecycleHandler, "Runs right after the container is created."),
  preStop: obj(2, lifecycleHandler, "Runs before the container is stopped; the grace period runs on meanwhile."),
  stopSignal: str(3, "Signal that asks the container to stop."),
});
export interface Lifecycle extends Infer<typeof lifecycle> {}

export const grpcAction = message("io.k8s.api.core.v1.GRPCAction", "GRPCAction calls the gRPC health service.", {
  port: int32(1, "Port of the service.", { required: true }),
  service: str(2, "Service name to ask about.", { default: "" }),
});
export interface GRPCAction extends Infer<typeof grpcAction> {}

export const probeHandler = message("io.k8s.api.core.v1.ProbeHandler", "ProbeHandler is the action of a probe.", {
  exec: obj(1, execAction, "Runs a command in the container."),
  httpGet: obj(2, httpGetAction, "Sends an HTTP request."),
  tcpSocket: obj(3, tcpSocketAction, "Opens a TCP connection."),
  grpc: obj(4, grpcAction, "Calls the gRPC health service."),
});
export interface ProbeHandler extends Infer<typeof probeHandler> {}

export const probe = message(
  "io.k8s.api.core.v1.Probe",
  "Probe is a check that the kubelet runs again and again.",
  {
    initialDelaySeconds: int32(2, "Seconds to wait after the container's start.", { min: 0 }),
    timeoutSeconds: int32(3, "Seconds after which a check has failed.", { default: 1, min: 0 }),
    periodSeconds: int32(4, "Seconds between two checks.", { default: 10, min: 0 }),
    successThreshold: int32(5, "Successes in a row before the check counts as passed.", { default: 1, min: 0 }),
    failureThreshold: int32(6, "Failures in a row before the check counts as failed.", { default: 3, min: 0 }),
    terminationGracePeriodSeconds: int64(7, "Grace period when this probe's failure ends the container."),
    ...probeHandler.fields,
  },
  { inline: [{ number: 1, message: probeHandler }] },
);
export interface Probe extends Infer<typeof probe> {}

export const volumeDevice = message("io.k8s.api.core.v1.VolumeDevice", "VolumeDevice gives a container a volume as a block device.", {
  name: str(1, "Volume of the pod.", { required: true }),
  devicePath: str(2, "Path of the device inside the container.", { required: true }),
});
export interface VolumeDevice extends Infer<typeof volumeDevice> {}

export const volumeMount = message("io.k8s.api.core.v1.VolumeMount", "VolumeMount puts a volume into a container's file system.", {
  name: str(1, "Volume of the pod.", { required: true }),
  readOnly: bool(2, "Whether the container cannot write."),
  mountPath: str(3, "Path inside the container.", { required: true }),
  subPath: str(4, "Path inside the volume to mount instead of its root."),
  mountPropagation: str(5, "Whether mounts made later pass between node and container.", {
    enum: mountPropagations,
    enumCheck: "own",
  }),
  subPathExpr: str(6, "The same with $(NAME) expanded from the container's variables."),
  recursiveReadOnly: str(7, "Whether mounts below are read-only too.", { enum: ["Disabled", "Enabled", "IfPossible"], enumCheck: "strict" }),
});
export interface VolumeMount extends Infer<typeof volumeMount> {}

export const container = message("io.k8s.api.core.v1.Container", "A Container is one process with its image, resources and mounts.", {
  name: str(1, "Name of the container, unique in the pod.", { required: true }),
  image: str(2, "Image to run."),
  command: list(3, "string", "What to run instead of the image's entrypoint.", { listType: "atomic" }),
  args: list(4, "string", "Arguments instead of the image's.", { listType: "atomic" }),
  workingDir: str(5, "Folder to start in, instead of the image's."),
  ports: list(6, containerPort, "Ports that the container listens on; for information and for names.", {
    listType: "map",
    keys: ["containerPort", "protocol"],
    patch: "merge",
    mergeKey: "containerPort",
  }),
  env: list(7, envVar, "Environment variables.", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  resources: obj(8, resourceRequirements, "Resources that the container requests and is limited to.", { default: {} }),
  volumeMounts: list(9, volumeMount, "Where volumes of the pod appear in the container.", {
    listType: "map",
    keys: ["mountPath"],
    patch: "merge",
    mergeKey: "mountPath",
  }),
  livenessProbe: obj(10, probe, "Check whose failure restarts the container."),
  readinessProbe: obj(11, probe, "Check whose failure takes the container out of services."),
  lifecycle: obj(12, lifecycle, "Actions to run when the container starts and stops."),
  terminationMessagePath: str(13, "File whose content becomes the message of the container's end.", { default: "/dev/termination-log" }),
  imagePullPolicy: str(14, "When the image is pulled: Always, IfNotPresent or Never.", { enum: ["Always", "IfNotPresent", "Never"] }),
  securityContext: obj(15, securityContext, "Security settings of the container; they override the pod's."),
  stdin: bool(16, "Whether standard input stays open for attach."),
  stdinOnce: bool(17, "Whether standard input closes after the first client."),
  tty: bool(18, "Whether the container gets a terminal."),
  envFrom: list(19, envFromSource, "Sources whose every key becomes a variable.", { listType: "atomic" }),
  terminationMessagePolicy: str(20, "Where the message of the container's end comes from: File or FallbackToLogsOnError.", {
    default: "File",
    enum: ["File", "FallbackToLogsOnError"],
  }),
  volumeDevices: list(21, volumeDevice, "Volumes that the container uses as raw block devices.", {
    listType: "map",
    keys: ["devicePath"],
    patch: "merge",
    mergeKey: "devicePath",
  }),
  startupProbe: obj(22, probe, "Check that must succeed once before the others begin."),
  resizePolicy: list(23, containerResizePolicy, "Whether new resources need a restart.", { listType: "atomic" }),
  restartPolicy: str(24, "Restart policy of this container alone."),
  restartPolicyRules: list(25, containerRestartRule, "Rules that refine the restart policy by exit code.", { listType: "atomic" }),
});
export interface Container extends Infer<typeof container> {}

export const ephemeralContainerCommon = message("io.k8s.api.core.v1.EphemeralContainerCommon", "What ephemeral containers have in common with others.", {
  name: str(1, "Name of the container, unique in the pod.", { required: true }),
  image: str(2, "Image to run."),
  command: list(3, "string", "What to run instead of the image's entrypoint.", { listType: "atomic" }),
  args: list(4, "string", "Arguments instead of the image's.", { listType: "atomic" }),
  workingDir: str(5, "Folder to start in, instead of the image's."),
  ports: list(6, containerPort, "Not allowed for ephemeral containers.", {
    listType: "map",
    keys: ["containerPort", "protocol"],
    patch: "merge",
    mergeKey: "containerPort",
  }),
  env: list(7, envVar, "Environment variables.", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  resources: obj(8, resourceRequirements, "Not allowed for ephemeral containers.", { default: {} }),
  volumeMounts: list(9, volumeMount, "Where volumes of the pod appear in the container.", {
    listType: "map",
    keys: ["mountPath"],
    patch: "merge",
    mergeKey: "mountPath",
  }),
  livenessProbe: obj(10, probe, "Not allowed for ephemeral containers."),
  readinessProbe: obj(11, probe, "Not allowed for ephemeral containers."),
  lifecycle: obj(12, lifecycle, "Not allowed for ephemeral containers."),
  terminationMessagePath: str(13, "File whose content becomes the message of the container's end.", { default: "/dev/termination-log" }),
  imagePullPolicy: str(14, "When the image is pulled: Always, IfNotPresent or Never.", { enum: ["Always", "IfNotPresent", "Never"] }),
  securityContext: obj(15, securityContext, "Security settings of the container."),
  stdin: bool(16, "Whether standard input stays open for attach."),
  stdinOnce: bool(17, "Whether standard input closes after the first client."),
  tty: bool(18, "Whether the container gets a terminal."),
  envFrom: list(19, envFromSource, "Sources whose every key becomes a variable.", { listType: "atomic" }),
  terminationMessagePolicy: str(20, "Where the message of the container's end comes from.", { default: "File", enum: ["File", "FallbackToLogsOnError"] }),
  volumeDevices: list(21, volumeDevice, "Volumes that the container uses as raw block devices.", {
    listType: "map",
    keys: ["devicePath"],
    patch: "merge",
    mergeKey: "devicePath",
  }),
  startupProbe: obj(22, probe, "Not allowed for ephemeral containers."),
  resizePolicy: list(23, containerResizePolicy, "Not allowed for ephemeral containers.", { listType: "atomic" }),
  restartPolicy: str(24, "Not allowed for ephemeral containers."),
  restartPolicyRules: list(25, containerRestartRule, "Not allowed for ephemeral containers.", { listType: "atomic" }),
});
export interface EphemeralContainerCommon extends Infer<typeof ephemeralContainerCommon> {}

export const ephemeralContainer = message(
  "io.k8s.api.core.v1.EphemeralContainer",
  "An EphemeralContainer is added to a running pod to look into it; it has no guarantees and is never restarted.",
  {
    targetContainerName: str(2, "Container whose processes it should see."),
    ...ephemeralContainerCommon.fields,
  },
  { inline: [{ number: 1, message: ephemeralContainerCommon }] },
);
export interface EphemeralContainer extends Infer<typeof ephemeralContainer> {}
