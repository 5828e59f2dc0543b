# Everything that people do with this repository. 'make' lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The Lambda functions, one folder each, and how they are built: static, small,
# and the same bytes from the same source wherever it lies.
FUNCTIONS := $(notdir $(patsubst %/main.go,%,$(wildcard functions/*/main.go)))
GOARCH_OF_FUNCTIONS = arm64
BUILD = CGO_ENABLED=0 GOOS=linux GOARCH=$(GOARCH_OF_FUNCTIONS) go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags '-s -w -buildid='

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help demo explore playground test fuzz check docs screenshots lines model integration contract bench build release synth bootstrap diff deploy

help: ## List what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: need-go ## Run a whole rotation on the embedded simulator (Go alone)
	@go run ./cmd/rotate simulate

explore: need-go ## Let everything go wrong, pairs of faults included (half an hour; SHARD=1/8 plays an eighth)
	go run ./cmd/rotate explore --pairs --random 2500 $(if $(SHARD),--shard $(SHARD))

test: need-go need-node need-cc ## Run all tests with the race detector
	go test -race -timeout 40m ./...
	go test -cover ./internal/rotation/... | awk '{ print } /coverage:/ && $$5 + 0 < 95 { print "coverage of internal/rotation is under 95%"; low = 1 } END { exit low }'
	@echo "Every single fault, and each safety rule defeated in turn:"
	go run ./cmd/rotate explore $(if $(SHARD),--shard $(SHARD))
	go run ./cmd/rotate explore --mutations
	@echo "The contracts of the ports, against the moto server:"
	@go test -p 1 -v -run AgainstMoto ./internal/aws/table ./internal/aws/iam ./internal/aws/ssm ./internal/aws/sfn | grep -E '^(--- |ok|FAIL)|NOT TESTED'

integration: need-go need-node ## Run the shipped functions and definition on the moto server's engines (minutes)
	go test -tags integration -count=1 -timeout 20m ./internal/test/e2e/ -v

# Each of FUZZ for FUZZTIME. What one finds lies in its package's testdata/fuzz,
# and 'go test' tries it from then on.
FUZZ ?= .
FUZZTIME ?= 60s
FUZZ_TARGETS = $(shell grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed -E 's|/[^/]*:func |:|' | sort | grep -E '$(FUZZ)')

fuzz: need-go ## Fuzz one target after another, FUZZTIME=60s each (FUZZ=qovery: those of that name)
	@for target in $(FUZZ_TARGETS); do echo "$$target for $(FUZZTIME)"; \
		nice go test -run '^$$' -fuzz "^$${target#*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10s -parallel 2 "$${target%:*}"; done

model: need-go need-cc ## Check the journal's protocol with SPIN, and what explored rotations did against it (two minutes)
	@command -v spin >/dev/null || { echo "SPIN is needed (https://spinroot.com): Debian's package is spin"; exit 1; }
	go test -tags model -count=1 -v -run 'TestModel|TestReplay' ./internal/lab/explorer

contract: need-go ## Hold requests against the token's policy, and Qovery's description of its API (QOVERY_OPENAPI=its file)
	cd internal/test/contract && go vet ./... && QOVERY_OPENAPI="$(abspath $(QOVERY_OPENAPI))" go test -count=1 -v ./...

playground: need-go need-node ## Try the command line against an AWS account on this machine
	go build -o bin/rotate ./cmd/rotate
	@go build -o bin/playground ./internal/test/e2e && exec bin/playground

# WRITE=docs/performance.md puts the table there.
bench: need-go ## Measure start, size, cost and requests against their goals (a minute)
	@go run ./internal/test/bench -write "$(WRITE)"

docs: need-go need-node ## Write the pictures and the generated pages anew
	go test ./internal/ops/report -run Picture -update
	go test ./docs ./infra/config -run Page -update && go test ./infra/stack -run Rights -update
	go test ./internal/cli -run 'Diagram|JSON' -update

screenshots: need-go ## Check the pages in a headless Chromium, and write pictures of them to screenshots/
	@mkdir -p screenshots && CI=true go test ./internal/cli -count=1 -run 'TestPages$$' -screenshots "$(CURDIR)/screenshots"

lines: need-go ## Count the lines of Go, for the table in docs/development.md
	@.ci/lines docs/development.md

check: need-go need-node ## Check format, length of lines, words of the docs, vet, staticcheck and policies
	@.ci/words
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not formatted: $$unformatted"; exit 1; }
	@! LC_ALL=C git grep -nE '.{121,}' -- '*.go' || { echo "these lines are longer than 120 characters"; exit 1; }
	go vet ./... && go vet -tags integration ./internal/test/e2e/ && go vet -tags model ./internal/lab/explorer/
	go run $(STATICCHECK) ./... && go run $(STATICCHECK) -tags integration ./internal/test/e2e/
	@out=$$(go test -count=1 -v -run 'TestReference$$' ./infra/stack 2>&1) && grep -o '[0-9]* statements of .*' <<<"$$out" || { echo "$$out"; exit 1; }

build: need-go ## Build the Lambda functions into dist/ (linux/arm64, reproducible)
	@umask 022; for f in $(FUNCTIONS); do echo "dist/$$f/bootstrap"; $(BUILD) -o dist/$$f/bootstrap ./functions/$$f; done

# What a release is built of: VERSION, the commit and its date are in its programs.
PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
SBOM := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
OF = qovery-key-rotation/internal/version
VERSIONED = -ldflags "-s -w -buildid= -X $(OF).number=$(VERSION) -X $(OF).commit=$$(git rev-parse HEAD) -X $(OF).date=$$(git log -1 --format=%cI)"

release: need-go need-node need-version build ## Build a release into dist/release, reproducibly (VERSION=v1.2.3)
	rm -rf dist/release && mkdir -p dist/release
	for platform in $(PLATFORMS); do name=rotate-$${platform/\//-}; [[ $$name != *windows* ]] || name=$$name.exe; echo "dist/release/$$name"; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go build -trimpath -buildvcs=false $(VERSIONED) -o dist/release/$$name ./cmd/rotate; done
	go run $(SBOM) mod -json -licenses -std -short-purls -noserial -notimestamp -output dist/release/sbom.cdx.json
	go run $(VERSIONED) ./infra release dist dist/release

# The CDK's own command line, pinned. It runs 'make build' first (cdk.json).
CDK := npx --yes aws-cdk@2.1148.1
# The configuration. Without it 'make synth' shows what the example becomes.
CONFIG ?=
ifneq ($(CONFIG),)
CDK += -c config=$(CONFIG)
endif

synth: need-go need-node ## Write the CloudFormation template to cdk.out (CONFIG=file: of that configuration)
	$(CDK) synth --quiet

bootstrap: need-go need-node need-config ## Prepare the accounts and regions of rotation.json for deployments, once
	$(CDK) bootstrap

diff: need-go need-node ## Show what a deployment would change
	$(CDK) diff

deploy: need-go need-node need-config ## Deploy all stacks of rotation.json (with CI=true without asking)
	$(CDK) deploy --all $(if $(CI),--require-approval never)

# What a target needs, and how to get it.
.PHONY: need-config need-go need-node need-cc need-version
need-version: # as Go and Git write it
	@[[ "$(VERSION)" =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$$ ]] || { echo "Which version? For example: make release VERSION=v1.2.3"; exit 1; }
	@[ -z "$$(git status --porcelain)" ] || { echo "A release is what a commit has, and these files aren't:"; git status --short; exit 1; }
need-config: # the example is no one's
	@[ -f "$(or $(CONFIG),rotation.json)" ] || { echo "$(or $(CONFIG),rotation.json) is missing: 'go run ./cmd/rotate init' writes one"; exit 1; }
need-go: # an old Go can't read go.mod
	@command -v go >/dev/null && go list -m >/dev/null || { echo "Go 1.26 or later is needed: https://go.dev/dl"; exit 1; }
need-node:
	@case "$$(command -v npx >/dev/null && node --version 2>/dev/null)" in \
	v[0-9].* | v1[0-7].*) echo "Node $$(node --version) is too old for the CDK. Install Node 22 or later: https://nodejs.org"; exit 1;; \
	v18.* | v19.* | v2[0135].*) echo "Node $$(node --version) is past its end of life. It may work; Node 22 or later does: https://nodejs.org" >&2;; \
	v[1-9]*) ;; \
	*) echo "Node 22 or later and its npx are needed for the CDK: https://nodejs.org"; exit 1;; esac
need-cc: # the one that Go calls, and C's headers
	@echo '#include <stdlib.h>' | $$(go env CC) -x c -c -o /dev/null - || { echo "A C compiler is needed for the race detector, and C's headers: install gcc or clang"; exit 1; }
