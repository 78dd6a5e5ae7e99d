#!/usr/bin/env bash
# Written by novaplan render; change the source and run it again, edits here are lost.
#
# Deploys a system to a local Kubernetes cluster, waits until all of it is ready, and takes it away again.
# It may run as often as you like. It deletes only what it created, and only when you say so.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
script=./${BASH_SOURCE[0]##*/}
system=target
managed=novaplan
mark=novaplan.dev/created
poll=5
cpu_request=4300
memory_request=5632

# ---------------------------------------------------------------- what there is
# Each of these calls its arguments once for each item, with what follows as further arguments.

each_namespace() {
  "$@" nova-database
  "$@" nova-redis
  "$@" nova-services
}

# The file of each datastore, in order.
each_datastore_file() {
  "$@" postgres-ha-statefulset.yaml
  "$@" redis-sentinel-statefulset.yaml
}

each_secrets_file() {
  "$@" microservices-secrets.yaml
}

each_service_file() {
  "$@" microservices-deployments.yaml
}

# Kind, name, namespace, seconds until all pods are ready, component, selector of the pods; a datastore's first.
each_datastore() {
  "$@" statefulset postgres-etcd nova-database 339 postgres app.kubernetes.io/component=etcd,app.kubernetes.io/name=postgres
  "$@" statefulset postgres nova-database 540 postgres app.kubernetes.io/component=database,app.kubernetes.io/name=postgres
  "$@" deployment postgres-pooler nova-database 226 postgres app.kubernetes.io/component=pooler,app.kubernetes.io/name=postgres
  "$@" statefulset redis nova-redis 852 redis app.kubernetes.io/component=server,app.kubernetes.io/name=redis
}

# The same of services, those of the first start-up tier first.
each_service() {
  "$@" deployment api-service nova-services 1338 api-service app.kubernetes.io/name=api-service
  "$@" deployment realtime-service nova-services 612 realtime-service app.kubernetes.io/name=realtime-service
  "$@" deployment streaming-service nova-services 306 streaming-service app.kubernetes.io/name=streaming-service
}

# Namespace and name of a Secret, then the keys without which a container does not start.
each_secret() {
  "$@" nova-database postgres-credentials api_service debezium postgres realtime_service replicator rewind streaming_service
  "$@" nova-redis redis-credentials password
  "$@" nova-services api-service-secret clickhouse-url database-url elasticsearch-url jwt-secret kafka-brokers neo4j-password neo4j-url neo4j-user redis-url
  "$@" nova-services realtime-service-secret database-url jwt-public-key kafka-brokers redis-url
  "$@" nova-services streaming-service-secret database-url kafka-brokers redis-url
}

# The same, with the keys whose values a machine may make.
each_generated() {
  "$@" nova-database postgres-credentials postgres replicator rewind api_service debezium realtime_service streaming_service
  "$@" nova-redis redis-credentials password
  "$@" nova-services api-service-secret database-url redis-url
  "$@" nova-services realtime-service-secret database-url redis-url
  "$@" nova-services streaming-service-secret database-url redis-url
}

# A label of nodes, its path in a node, how many values it must have, and for the sake of which workload.
each_spread() {
  "$@" kubernetes.io/hostname '.metadata.labels.kubernetes\.io/hostname' 3 statefulset/postgres-etcd
  "$@" kubernetes.io/hostname '.metadata.labels.kubernetes\.io/hostname' 3 statefulset/postgres
  "$@" kubernetes.io/hostname '.metadata.labels.kubernetes\.io/hostname' 3 statefulset/redis
}

# The class of each claim; an empty one is the cluster's default.
each_storage_class() {
  "$@" ''
}

each_ingress_class() {
  "$@" nginx
}

# Kinds of objects that need more than Kubernetes itself, as their definitions are called.
each_definition() {
  return 0
}

# Namespace, then the kinds of objects in it.
each_kind() {
  "$@" nova-database networkpolicy.networking.k8s.io service statefulset.apps poddisruptionbudget.policy configmap deployment.apps secret
  "$@" nova-redis networkpolicy.networking.k8s.io configmap service statefulset.apps poddisruptionbudget.policy secret
  "$@" nova-services networkpolicy.networking.k8s.io secret serviceaccount configmap deployment.apps horizontalpodautoscaler.autoscaling poddisruptionbudget.policy service ingress.networking.k8s.io
}

# Namespace, selector and the start of the names of claims that a StatefulSet made.
each_claim() {
  "$@" nova-database app.kubernetes.io/component=etcd,app.kubernetes.io/name=postgres data-postgres-etcd-
  "$@" nova-database app.kubernetes.io/component=database,app.kubernetes.io/name=postgres data-postgres-
  "$@" nova-redis app.kubernetes.io/component=server,app.kubernetes.io/name=redis data-redis-
}

# Namespace and names of ConfigMaps in which Patroni keeps who leads which data.
each_lease() {
  return 0
}

# What it says, namespace, the pods of whom, container, then a command that tells who leads.
each_leader() {
  "$@" 'Members of postgres' nova-database statefulset/postgres postgres patronictl --config-file=/etc/patroni/patroni.yml list
  "$@" 'Master of redis' nova-redis statefulset/redis sentinel redis-cli -p 26379 sentinel get-master-addr-by-name mymaster
}

print_access() {
  say 'Through the Ingress:'
  say '  https://api.nova.local/'
  say 'From this machine:'
  say '  kubectl -n nova-services port-forward service/api-service 8080:8080'
  say '  kubectl -n nova-services port-forward service/realtime-service 3000:3000'
  say '  kubectl -n nova-services port-forward service/streaming-service 8081:8081'
  return 0
}

kind_config() {
  printf '%s' 'kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: control-plane
    labels:
      ingress-ready: "true"
    extraPortMappings:
      - containerPort: 80
        hostPort: 80
      - containerPort: 443
        hostPort: 443
  - role: worker
  - role: worker
  - role: worker
'
}

# ---------------------------------------------------------------- how it is said

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\033[1m' good=$'\033[32m' bad=$'\033[31m' plain=$'\033[0m'
else
  bold='' good='' bad='' plain=''
fi

say() { printf '%s\n' "$*"; }
title() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }
ready_line() { printf '  %sready%s      %s\n' "$good" "$plain" "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
  printf '%s%s%s\n' "$bad" "$1" "$plain" >&2
  shift
  [ $# -eq 0 ] || printf '%s\n' "$@" >&2
  exit 1
}
wrong_usage() {
  warn "$1"
  warn "Try: $script help"
  exit 2
}

usage() {
  say "Usage: $script VERB [OPTION]..."
  say ''
  say 'Verbs:'
  say '  deploy          deploy everything and wait until it is ready; fails with a list of what is not'
  say '  status          what runs, what is not ready, who leads'
  say '  logs SERVICE    the logs of all pods of a service or datastore; --follow goes on'
  say '  cleanup         delete what was deployed; storage, secrets and namespaces stay, unless --volumes'
  say '  kind-config     a configuration for kind with enough nodes, on standard output'
  say '  help            this text'
  say ''
  say 'Options:'
  say '  --context NAME     the context of kubectl; else the current one'
  say '  --timeout SECONDS  how long to wait for each workload; else as long as its probes allow'
  say '  --secrets FILE     values of secrets to apply where there are none yet; else those beside this folder, if any'
  say '  --yes              do not ask'
  say '  --volumes          cleanup deletes storage and secrets as well: the data is lost'
  say '  --follow           logs goes on until you stop it'
}

confirm() {
  [ "$yes" = no ] || return 0
  local answer=''
  printf '%s [y/N] ' "$1" >&2
  read -r answer || warn ''
  case $answer in
    y | Y | yes | Yes | YES) return 0 ;;
    *) return 1 ;;
  esac
}

# ---------------------------------------------------------------- kubectl

kube() {
  if [ -n "$context" ]; then kubectl --context "$context" "$@"; else kubectl "$@"; fi
}

# The first argument is the namespace; an empty one is that of the context.
in_namespace() {
  local namespace=$1
  shift
  if [ -n "$namespace" ]; then kube --namespace "$namespace" "$@"; else kube "$@"; fi
}

# ---------------------------------------------------------------- before anything is changed

check_cluster() {
  command -v kubectl >/dev/null || die 'kubectl is not installed.' 'See https://kubernetes.io/docs/tasks/tools/'
  local name=$context said
  [ -n "$name" ] || name=$(kube config current-context 2>/dev/null) || name=''
  if ! said=$(kube --request-timeout=10s get nodes --output=name 2>&1); then
    die "No cluster answers${name:+ in the context $name}." "${said##*$'\n'}" 'Start one, for example:' \
      "  $script kind-config > kind.yaml && kind create cluster --config kind.yaml" \
      '  minikube start --cni=calico --nodes 3 (and what the guide says of its volumes)'
  fi
  case $name in
    kind-* | minikube* | k3d-* | docker-desktop | rancher-desktop | orbstack | colima* | microk8s) return 0 ;;
  esac
  [ -n "$context" ] && return 0
  confirm "The context $name does not look like a cluster on this machine. Go on?" ||
    die 'Nothing was changed.' "Name the context to be sure: $script $verb --context NAME"
}

# Values of a label, a line for each node that takes pods.
node_values() {
  local cordoned taints ready value
  kube get nodes --output=jsonpath="{range .items[*]}{.spec.unschedulable}|{.spec.taints[*].effect}|{.status.conditions[?(@.type=='Ready')].status}|{$1}{'\n'}{end}" |
    while IFS='|' read -r cordoned taints ready value; do
      case "$cordoned|${taints//PreferNoSchedule/}|$ready" in
        true* | *NoSchedule* | *NoExecute* | *False | *Unknown) ;;
        *) printf '%s\n' "$value" ;;
      esac
    done
}

check_spread() {
  local key=$1 path=$2 wanted=$3 workload=$4 found
  found=$(node_values "$path" | sort -u | grep -c . || [ $? -eq 1 ])
  [ "$found" -lt "$wanted" ] || return 0
  problems+=("$workload puts each of its $wanted pods on another $key; $found of them take pods here, so some would never start.")
  few_nodes=yes
}

# The sum of a quantity over the nodes that take pods, in its thousandths for CPU and in MiB for memory.
sum_of() {
  node_values ".status.allocatable.$1" | awk -v kind="$1" '
    { value = $1 + 0; unit = $1; gsub(/[0-9.]/, "", unit) }
    kind == "cpu" { total += unit == "m" ? value : value * 1000; next }
    unit == "Ki" { value /= 1024 }
    unit == "Gi" { value *= 1024 }
    unit == "Ti" { value *= 1024 * 1024 }
    unit == "" { value /= 1024 * 1024 }
    { total += value }
    END { printf "%d", total }'
}

check_room() {
  local cpu memory
  cpu=$(sum_of cpu) memory=$(sum_of memory)
  # A node that does not say what it has is not held against the rest.
  if [ "$cpu" -gt 0 ] && [ "$cpu" -lt "$cpu_request" ]; then
    problems+=("All pods together ask for ${cpu_request}m of CPU; the nodes that take pods have ${cpu}m.")
  fi
  if [ "$memory" -gt 0 ] && [ "$memory" -lt "$memory_request" ]; then
    problems+=("All pods together ask for ${memory_request}Mi of memory; the nodes that take pods have ${memory}Mi.")
  fi
}

check_storage() {
  local class=$1 found
  if [ -n "$class" ]; then
    kube get storageclass "$class" --output=name >/dev/null 2>&1 ||
      problems+=("There is no storage class $class; kubectl get storageclass lists them.")
    return 0
  fi
  found=$(kube get storageclass --output=jsonpath="{range .items[*]}{.metadata.annotations.storageclass\.kubernetes\.io/is-default-class}{'\n'}{end}" 2>/dev/null) || found=''
  case $found in
    *true*) ;;
    *) problems+=('There is no default storage class, so no claim would get its volume; kubectl get storageclass lists them.') ;;
  esac
}

check_definition() {
  kube get customresourcedefinition "$1" --output=name >/dev/null 2>&1 ||
    problems+=("The cluster does not know $1; install the operator that makes Secrets of it first.")
}

check_ingress() {
  local class=$1
  if [ -n "$class" ]; then kube get ingressclass "$class" --output=name >/dev/null 2>&1 && return 0; else
    [ -n "$(kube get ingressclass --output=name 2>/dev/null)" ] && return 0
  fi
  warn "Note: no Ingress controller serves the class ${class:-of the cluster}; routes answer once one is installed (minikube addons enable ingress)."
}

check_metrics() {
  kube get apiservice v1beta1.metrics.k8s.io --output=name >/dev/null 2>&1 ||
    warn 'Note: nothing measures pods here, so autoscalers stay at their least (minikube addons enable metrics-server).'
}

check_prerequisites() {
  problems=() few_nodes=no
  check_cluster
  each_spread check_spread
  check_room
  each_storage_class check_storage
  each_definition check_definition
  each_ingress_class check_ingress
  check_metrics
  [ "${#problems[@]}" -gt 0 ] || return 0
  if [ "$few_nodes" = yes ]; then
    problems+=("A cluster with enough nodes: $script kind-config > kind.yaml && kind create cluster --config kind.yaml" \
      '                             or: minikube start --cni=calico --nodes 3 (and what the guide says of its volumes)')
  fi
  die 'This cluster cannot run the system:' "${problems[@]/#/  }"
}

# ---------------------------------------------------------------- secrets

# The keys of a Secret that have a value, a line for each.
keys_of() {
  in_namespace "$1" get secret "$2" --ignore-not-found \
    --output=go-template="{{range \$key, \$value := .data}}{{if \$value}}{{\$key}}{{println}}{{end}}{{end}}"
}

# Adds to "missing" each of the keys that has no value, and counts in "held" those that have one.
look_for_keys() {
  local namespace=$1 secret=$2 known key
  shift 2
  [ $# -gt 0 ] || return 0
  known=$'\n'$(keys_of "$namespace" "$secret")$'\n'
  for key in "$@"; do
    case $known in
      *$'\n'"$key"$'\n'*) held=$((held + 1)) ;;
      *) missing+=("${namespace:+$namespace/}$secret  $key") ;;
    esac
  done
}

# Values are applied where none are, and never over those a server already runs with.
apply_values() {
  [ -n "$values" ] || return 0
  [ -f "$values" ] || die "There is no file $values."
  missing=() held=0
  each_generated look_for_keys
  if [ "${#missing[@]}" -eq 0 ]; then
    say "  kept       the values of secrets that are in the cluster"
  elif [ "$held" -gt 0 ]; then
    die 'Some secrets have values in the cluster and some do not; those of the file may not fit the others.' \
      "${missing[@]/#/  missing: }" "To apply the file all the same: kubectl apply --server-side --field-manager=novaplan-values --filename=$values"
  else
    kube apply --server-side --field-manager=novaplan-values --filename="$values"
  fi
}

check_secrets() {
  local deadline=$((SECONDS + secrets_wait))
  while :; do
    missing=() held=0
    each_secret look_for_keys
    [ "${#missing[@]}" -gt 0 ] || return 0
    [ "$SECONDS" -lt "$deadline" ] || break
    sleep 1
  done
  [ -z "$values" ] || missing+=("If $values holds them: kubectl apply --server-side --field-manager=novaplan-values --filename=$values")
  die 'No container starts without its secrets, and these have no value:' "${missing[@]/#/  }" \
    'Give each one, for example:' \
    "  kubectl --namespace NAMESPACE patch secret SECRET --patch '{\"stringData\": {\"KEY\": \"VALUE\"}}'" \
    'A Secret that does not exist yet is made by: kubectl --namespace NAMESPACE create secret'
}

# ---------------------------------------------------------------- deploy

create_namespace() {
  kube get namespace "$1" --output=name >/dev/null 2>&1 && return 0
  kube create namespace "$1"
  kube annotate namespace "$1" "$mark=$system"
}

apply_file() {
  kube apply --filename="$here/$1"
}

# Whether all pods of a workload are ready, without waiting longer than the seconds given last.
is_ready() {
  local kind=$1 name=$2 namespace=$3 seconds=$4
  case $kind in
    cronjob) in_namespace "$namespace" get cronjob "$name" --output=name ;;
    job) in_namespace "$namespace" wait --for=condition=complete "job/$name" --timeout="${seconds}s" ;;
    pod) in_namespace "$namespace" wait --for=condition=ready "pod/$name" --timeout="${seconds}s" ;;
    replicaset)
      in_namespace "$namespace" wait --timeout="${seconds}s" "replicaset/$name" \
        --for=jsonpath='{.status.readyReplicas}'="$(in_namespace "$namespace" get replicaset "$name" --output=jsonpath='{.spec.replicas}')"
      ;;
    *) in_namespace "$namespace" rollout status "$kind/$name" --timeout="${seconds}s" ;;
  esac
}

# Why pods will not start however long one waits: a line for each.
hopeless() {
  in_namespace "$1" get pods --selector="$2" --output=jsonpath="{range .items[*]}{.metadata.name}: {.status.initContainerStatuses[*].state.waiting.reason} {.status.containerStatuses[*].state.waiting.reason}{'\n'}{end}" 2>/dev/null |
    grep -E 'ImagePullBackOff|InvalidImageName|CreateContainerConfigError|CreateContainerError|RunContainerError' || [ $? -eq 1 ]
}

wait_for() {
  local kind=$1 name=$2 namespace=$3 seconds=$4 selector=$6 deadline left why label
  label=$(printf '%s/%s' "$kind" "$name")
  [ -z "$timeout" ] || seconds=$timeout
  deadline=$((SECONDS + seconds))
  while :; do
    left=$((deadline - SECONDS))
    [ "$left" -gt "$poll" ] && left=$poll
    [ "$left" -gt 0 ] || left=1
    if is_ready "$kind" "$name" "$namespace" "$left" >/dev/null 2>&1; then
      ready_line "${namespace:+$namespace }$label"
      return 0
    fi
    why=$(hopeless "$namespace" "$selector")
    [ -z "$why" ] || break
    [ "$SECONDS" -lt "$deadline" ] || break
    sleep 1
  done
  late+=("${namespace:+$namespace }$label: ${why:-not ready within $seconds s}")
}

fail_if_late() {
  [ "${#late[@]}" -gt 0 ] || return 0
  die 'Not everything is ready:' "${late[@]/#/  }" \
    "See what happened: $script status, $script logs SERVICE, and kubectl get events --all-namespaces"
}

deploy() {
  check_prerequisites
  title 'Namespaces and secrets'
  each_namespace create_namespace
  each_secrets_file apply_file
  apply_values
  check_secrets
  late=()
  title 'Datastores'
  each_datastore_file apply_file
  each_datastore wait_for
  fail_if_late
  title 'Services'
  each_service_file apply_file
  each_service wait_for
  fail_if_late
  title 'Everything is ready'
  print_access
}

# ---------------------------------------------------------------- status and logs

show_workload() {
  local kind=$1 name=$2 namespace=$3 label
  label=$(printf '%s %s' "${namespace:-(default)}" "$kind/$name")
  if is_ready "$kind" "$name" "$namespace" 1 >/dev/null 2>&1; then ready_line "$label"; else
    printf '  %snot ready%s  %s\n' "$bad" "$plain" "$label"
    late+=("$label")
  fi
}

show_leader() {
  local what=$1 namespace=$2 pod=$3 container=$4
  shift 4
  title "$what"
  in_namespace "$namespace" exec "$pod" --container="$container" -- "$@" ||
    warn "  $pod does not answer"
}

show_pods() {
  in_namespace "$1" get pods,persistentvolumeclaims --selector="app.kubernetes.io/part-of=$system" --output=wide
}

status() {
  check_cluster
  late=()
  title 'Nodes'
  kube get nodes --output=wide
  title 'Workloads'
  each_datastore show_workload
  each_service show_workload
  title 'Pods and storage'
  each_kind show_pods
  each_leader show_leader
  if [ "${#late[@]}" -gt 0 ]; then die "${#late[@]} not ready."; fi
  say 'Everything is ready.'
}

show_logs() {
  local name=$2 namespace=$3 component=$5 selector=$6
  known+=("$component")
  [ "$wanted" = "$component" ] || [ "$wanted" = "$name" ] || return 0
  found=yes
  # "none" of the following may be an empty array, which old shells take for a variable that is not set.
  in_namespace "$namespace" logs --selector="$selector" --all-containers --prefix --tail=200 \
    --max-log-requests=50 ${follow[@]+"${follow[@]}"}
}

logs() {
  [ $# -eq 1 ] || wrong_usage 'logs takes the name of one service or datastore.'
  wanted=$1 found=no known=()
  check_cluster
  each_datastore show_logs
  each_service show_logs
  [ "$found" = yes ] || die "There is no service or datastore $wanted; known:" "$(printf '  %s\n' ${known[@]+"${known[@]}"} | sort -u)"
}

# ---------------------------------------------------------------- cleanup

ours() {
  printf 'app.kubernetes.io/part-of=%s,app.kubernetes.io/managed-by=%s' "$system" "$managed"
}

delete_kinds() {
  local namespace=$1 kind kinds=''
  shift
  for kind in "$@"; do
    case $kind in
      secret | sealedsecret.bitnami.com | externalsecret.external-secrets.io | persistentvolumeclaim) [ "$volumes" = yes ] || continue ;;
    esac
    kinds=${kinds:+$kinds,}$kind
  done
  [ -z "$kinds" ] || in_namespace "$namespace" delete "$kinds" --selector="$(ours)" --ignore-not-found --cascade=foreground
}

delete_claims() {
  local namespace=$1 selector=$2 prefix=$3 claim
  [ "$volumes" = yes ] || return 0
  in_namespace "$namespace" get persistentvolumeclaims --selector="$selector" --output=name |
    while IFS= read -r claim; do
      # What stands after the prefix is the number of the pod.
      case ${claim#persistentvolumeclaim/"$prefix"} in
        '' | *[!0-9]*) ;;
        *) in_namespace "$namespace" delete "$claim" --ignore-not-found ;;
      esac
    done
}

# Without its data a lease would keep new servers from starting.
delete_lease() {
  local namespace=$1
  shift
  [ "$volumes" = no ] || in_namespace "$namespace" delete configmap "$@" --ignore-not-found
}

# What others have in a namespace, a line for each. What Kubernetes makes by itself does not count, and neither do our
# own objects that are still on their way out.
of_others() {
  local kinds rule
  kinds=$(kube api-resources --namespaced --verbs=list,delete --output=name) || return 1
  kinds=$(grep -v -E '^(events|events.events.k8s.io|endpoints|endpointslices.discovery.k8s.io|controllerrevisions.apps)$' <<<"$kinds" | tr '\n' ,)
  for rule in "app.kubernetes.io/part-of!=$system" "app.kubernetes.io/part-of=$system,app.kubernetes.io/managed-by!=$managed"; do
    kube --namespace "$1" get "${kinds%,}" --selector="$rule" --output=name || return 1
  done
}

delete_namespace() {
  local made left
  [ "$volumes" = yes ] || return 0
  made=$(kube get namespace "$1" --ignore-not-found --output=jsonpath="{.metadata.annotations.${mark//./\\.}}")
  [ "$made" = "$system" ] || return 0
  if ! left=$(of_others "$1"); then
    warn "The namespace $1 stays: what else is in it cannot be listed."
    return 0
  fi
  left=$(grep -v -x -e '' -e configmap/kube-root-ca.crt -e serviceaccount/default <<<"$left" || [ $? -eq 1 ])
  if [ -n "$left" ]; then
    warn "The namespace $1 stays: others have put things into it:" "${left//$'\n'/, }"
  else
    kube delete namespace "$1"
  fi
}

cleanup() {
  check_cluster
  local what="This deletes $system from the cluster; storage, secrets and namespaces stay."
  [ "$volumes" = no ] || what="This deletes $system from the cluster with its storage and secrets: the data is lost."
  confirm "$what Go on?" || die 'Nothing was deleted.'
  each_kind delete_kinds
  each_claim delete_claims
  each_lease delete_lease
  each_namespace delete_namespace
  say 'Deleted.'
}

# ---------------------------------------------------------------- the command line

context='' timeout='' yes=no volumes=no follow=() words=()
secrets_wait=0
values=$here-secrets.yaml
[ -f "$values" ] || values=''
while [ $# -gt 0 ]; do
  case $1 in
    --context=* | --timeout=* | --secrets=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
    --context | --timeout | --secrets)
      if [ $# -lt 2 ] || [ -z "$2" ]; then wrong_usage "$1 needs a value."; fi
      case $1 in
        --context) context=$2 ;;
        --timeout) timeout=$2 ;;
        --secrets) values=$2 ;;
      esac
      shift
      ;;
    --yes) yes=yes ;;
    --volumes) volumes=yes ;;
    --follow) follow=(--follow) ;;
    -h | --help) words=(help) && break ;;
    -*) wrong_usage "There is no option $1." ;;
    *) words+=("$1") ;;
  esac
  shift
done
case $timeout in
  *[!0-9]*) wrong_usage '--timeout needs a whole number of seconds.' ;;
esac

[ "${#words[@]}" -gt 0 ] || words=(help)
verb=${words[0]}
case $verb in
  logs) logs "${words[@]:1}" ;;
  deploy | status | cleanup | kind-config | help)
    [ "${#words[@]}" -eq 1 ] || wrong_usage "$verb takes no further words."
    case $verb in
      deploy) deploy ;;
      status) status ;;
      cleanup) cleanup ;;
      kind-config) kind_config ;;
      help) usage ;;
    esac
    ;;
  *) wrong_usage "There is no verb $verb." ;;
esac
