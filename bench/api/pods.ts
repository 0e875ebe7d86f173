/** The pods that the API benchmarks write: two containers with everything that a common Deployment's have. */

const probe = { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 10 };

function container(name: string): object {
  return {
    name,
    image: `registry.example/team/${name}:1.2.3`,
    args: ["--listen=:8080", "--log-level=info"],
    env: ["POD_NAME", "POD_IP"].map((key) => ({ name: key, valueFrom: { fieldRef: { fieldPath: key === "POD_IP" ? "status.podIP" : "metadata.name" } } })),
    ports: [{ name: `${name}-http`, containerPort: name === "web" ? 8080 : 9090 }],
    resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m", memory: "128Mi" } },
    livenessProbe: probe,
    readinessProbe: probe,
    volumeMounts: [{ name: "config", mountPath: "/etc/app" }],
  };
}

export function podText(index: number): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `pod-${index}`, labels: { app: "web", tier: "front" }, annotations: { "example.com/checksum": "0123456789abcdef" } },
    spec: { containers: [container("web"), container("sidecar")], volumes: [{ name: "config", configMap: { name: "web-config" } }] },
  });
}

export const podCollection = "/api/v1/namespaces/default/pods";
