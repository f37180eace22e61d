# The one-word commands of every system. `make help` lists them.
NAMESPACE ?= default
KUBECTL   ?= kubectl
ISTIOCTL  ?= istioctl
NPM       ?= npm --prefix $(ROOT) run
IMAGE     ?= evenkeel:dev
ROOT      := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../..)
K         := $(KUBECTL) --namespace $(NAMESPACE)

.DEFAULT_GOAL := help
.PHONY: help init generate image deploy deploy-traces redeploy delete istio-inject

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

init: ## install dependencies and generate code, each when its inputs changed
	node $(ROOT)/scripts/setup.mjs

generate: ## protobuf code from proto/
	$(NPM) generate

image: ## build the image (KIND=NAME: and load it into that kind cluster)
	$(NPM) image -- --tag $(IMAGE) $(if $(KIND),--kind $(KIND))

deploy: ## apply the manifests, again as often as you like (NAMESPACE=NAME: not in "default")
	$(K) apply -k .

deploy-traces: ## the same with Zipkin, to which the pods send their traces
	$(K) apply -k ../$(notdir $(CURDIR))-traces

redeploy: image deploy ## build anew and restart the pods
	$(K) get -k . -o name | grep ^deployment | xargs $(K) rollout restart
	$(K) get -k . -o name | grep ^deployment | xargs -n1 $(K) rollout status --timeout=180s

delete: ## remove what deploy has made
	$(K) delete -k ../$(notdir $(CURDIR))-traces --ignore-not-found

istio-inject: ## the same with Istio's sidecars, for comparison (needs istioctl and Istio in the cluster)
	@command -v $(ISTIOCTL) >/dev/null || { echo "istio-inject: there is no $(ISTIOCTL); see istio.io, \"Getting Started\"" >&2; exit 2; }
	$(KUBECTL) kustomize . | $(ISTIOCTL) kube-inject -f - | $(K) apply -f -
