import type { Deployment, DeploymentStrategy } from "kubernetes-types/apps/v1.js";
import type {
  ConfigMap,
  Container,
  Lifecycle,
  Secret,
  Service,
  ServiceAccount,
  Volume,
  VolumeMount,
} from "kubernetes-types/core/v1.js";
import type { ObjectMeta } from "kubernetes-types/meta/v1.js";
import type { Ingress, IngressClass, NetworkPolicy } from "kubernetes-types/networking/v1.js";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1.js";
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "kubernetes-types/rbac/v1.js";

interface KongPlugin {
  apiVersion: "configuration.konghq.com/v1";
  kind: "KongPlugin" | "KongClusterPlugin";
  metadata: ObjectMeta;
  plugin: string;
  config?: { policy_file?: string; policy?: string; rule?: string };
}

/** The part of the Gateway API that the examples use. */
interface HttpRoute {
  apiVersion: "gateway.networking.k8s.io/v1";
  kind: "HTTPRoute";
  metadata: ObjectMeta;
  spec: {
    parentRefs: { name: string }[];
    hostnames: string[];
    rules: {
      matches: { path: { type: "Exact" | "PathPrefix"; value: string } }[];
      backendRefs: { name: string; port: number }[];
    }[];
  };
}

/**
 * The type of a manifest, by `apiVersion` and `kind`. The types are those of Kubernetes' API in the version of
 * kubernetes-types, without further fields.
 */
export interface Manifests {
  "apps/v1 Deployment": Deployment;
  "configuration.konghq.com/v1 KongClusterPlugin": KongPlugin;
  "configuration.konghq.com/v1 KongPlugin": KongPlugin;
  "gateway.networking.k8s.io/v1 HTTPRoute": HttpRoute;
  "networking.k8s.io/v1 Ingress": Ingress;
  "networking.k8s.io/v1 IngressClass": IngressClass;
  "networking.k8s.io/v1 NetworkPolicy": NetworkPolicy;
  "policy/v1 PodDisruptionBudget": PodDisruptionBudget;
  "rbac.authorization.k8s.io/v1 ClusterRole": ClusterRole;
  "rbac.authorization.k8s.io/v1 ClusterRoleBinding": ClusterRoleBinding;
  "rbac.authorization.k8s.io/v1 Role": Role;
  "rbac.authorization.k8s.io/v1 RoleBinding": RoleBinding;
  "v1 ConfigMap": ConfigMap;
  "v1 Secret": Secret;
  "v1 Service": Service;
  "v1 ServiceAccount": ServiceAccount;
}

/** Values that the chart puts into the pod unchanged. */
export interface Values {
  "deployment.initContainers": Container[];
  "deployment.userDefinedVolumes": Volume[];
  "deployment.userDefinedVolumeMounts": VolumeMount[];
  lifecycle: Lifecycle;
  updateStrategy: DeploymentStrategy;
}
