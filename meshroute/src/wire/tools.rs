//! The objects of the tools that write routes: what they apply, and how they stand.

use super::{
    Any, Condition, Found, List, Metadata,
    found::{self, wire},
};

wire! {
    /// Application (argo-cd, `pkg/apis/application/v1alpha1/types.go`).
    open Application {
        metadata "metadata": Metadata,
        spec "spec": ApplicationSpec,
        status "status": ApplicationStatus,
    }
}

wire! {
    /// `spec` of an Application.
    open ApplicationSpec {
        destination "destination": Destination,
        sync_policy "syncPolicy": SyncPolicy,
        ignore_differences "ignoreDifferences": List<IgnoreDifferences>,
    }
}

wire! {
    /// The cluster that an Application is applied to.
    open Destination {
        server "server": String,
        name "name": String,
    }
}

wire! {
    /// `syncPolicy` of an Application.
    open SyncPolicy {
        automated "automated": Automated,
    }
}

wire! {
    /// `automated` of a sync policy.
    open Automated {
        self_heal "selfHeal": bool,
        enabled "enabled": bool,
    }
}

wire! {
    /// One entry of `ignoreDifferences`.
    open IgnoreDifferences {
        group "group": String,
        kind "kind": String,
        name "name": String,
        namespace "namespace": String,
        json_pointers "jsonPointers": List<String>,
        jq_path_expressions "jqPathExpressions": List<String>,
        managed_fields_managers "managedFieldsManagers": List<String>,
    }
}

wire! {
    /// `status` of an Application.
    open ApplicationStatus {
        conditions "conditions": List<Condition>,
        operation_state "operationState": OperationState,
        resources "resources": List<ResourceStatus>,
    }
}

wire! {
    /// How the last sync ended.
    open OperationState {
        phase "phase": String,
    }
}

wire! {
    /// One of the objects that an Application manages.
    open ResourceStatus {
        group "group": String,
        kind "kind": String,
        namespace "namespace": String,
        name "name": String,
        requires_pruning "requiresPruning": bool,
    }
}

wire! {
    /// Rollout (argo-rollouts, `pkg/apis/rollouts/v1alpha1/types.go`).
    open Rollout {
        metadata "metadata": Metadata,
        spec "spec": RolloutSpec,
        status "status": RolloutStatus,
    }
}

wire! {
    /// `spec` of a Rollout.
    open RolloutSpec {
        strategy "strategy": Strategy,
    }
}

wire! {
    /// `strategy` of a Rollout.
    open Strategy {
        canary "canary": CanaryStrategy,
    }
}

wire! {
    /// `canary` of a strategy.
    open CanaryStrategy {
        canary_service "canaryService": String,
        stable_service "stableService": String,
        steps "steps": List<Any>,
        traffic_routing "trafficRouting": TrafficRouting,
    }
}

wire! {
    /// `trafficRouting` of a canary.
    open TrafficRouting {
        plugins "plugins": Plugins,
    }
}

wire! {
    /// The plugins that route traffic.
    open Plugins {
        gateway_api "argoproj-labs/gatewayAPI": GatewayApiRouting,
    }
}

wire! {
    /// Which routes the plugin for Gateway API writes (rollouts-plugin-trafficrouter-gatewayapi,
    /// `pkg/plugin/types.go`).
    open GatewayApiRouting {
        namespace "namespace": String,
        http_route "httpRoute": String,
        grpc_route "grpcRoute": String,
        http_routes "httpRoutes": List<NamedRoute>,
        grpc_routes "grpcRoutes": List<NamedRoute>,
        http_route_selector "httpRouteSelector": Any,
        grpc_route_selector "grpcRouteSelector": Any,
    }
}

wire! {
    /// One of several routes.
    open NamedRoute {
        name "name": String,
    }
}

wire! {
    /// `status` of a Rollout.
    open RolloutStatus {
        phase "phase": String,
        abort "abort": bool,
        current_step_index "currentStepIndex": i64,
        conditions "conditions": List<Condition>,
        canary "canary": RolloutCanaryStatus,
    }
}

wire! {
    /// `canary` of the status.
    open RolloutCanaryStatus {
        weights "weights": TrafficWeights,
    }
}

wire! {
    /// The weights that were written last.
    open TrafficWeights {
        canary "canary": WeightDestination,
    }
}

wire! {
    /// One of the weights.
    open WeightDestination {
        weight "weight": i64,
    }
}

wire! {
    /// Kustomization (kustomize-controller, `api/v1/kustomization_types.go`) and HelmRelease
    /// (helm-controller, `api/v2/helmrelease_types.go`), which differ in few fields.
    open FluxObject {
        metadata "metadata": Metadata,
        spec "spec": FluxSpec,
        status "status": FluxStatus,
    }
}

wire! {
    /// `spec` of a Kustomization or a HelmRelease.
    open FluxSpec {
        suspend "suspend": bool,
        interval "interval": String,
        kube_config "kubeConfig": Any,
        ignore "ignore": List<FluxIgnore>,
        drift_detection "driftDetection": DriftDetection,
    }
}

wire! {
    /// `driftDetection` of a HelmRelease.
    open DriftDetection {
        mode "mode": String,
        ignore "ignore": List<FluxIgnore>,
    }
}

wire! {
    /// Fields whose differences are left alone.
    open FluxIgnore {
        paths "paths": List<String>,
        target "target": FluxTarget,
    }
}

wire! {
    /// The objects that an ignore rule is for.
    open FluxTarget {
        group "group": String,
        version "version": String,
        kind "kind": String,
        name "name": String,
        namespace "namespace": String,
        annotation_selector "annotationSelector": String,
        label_selector "labelSelector": String,
    }
}

wire! {
    /// `status` of a Kustomization or a HelmRelease.
    open FluxStatus {
        conditions "conditions": List<Condition>,
        inventory "inventory": Inventory,
    }
}

wire! {
    /// What was applied.
    open Inventory {
        entries "entries": List<InventoryEntry>,
    }
}

wire! {
    /// One object that was applied.
    open InventoryEntry {
        id "id": String,
    }
}

wire! {
    /// Canary (flagger, `pkg/apis/flagger/v1beta1/canary.go`).
    open Canary {
        metadata "metadata": Metadata,
        spec "spec": CanarySpec,
        status "status": CanaryStatus,
    }
}

wire! {
    /// `spec` of a Canary.
    open CanarySpec {
        suspend "suspend": bool,
    }
}

wire! {
    /// `status` of a Canary.
    open CanaryStatus {
        phase "phase": String,
        canary_weight "canaryWeight": i64,
    }
}
