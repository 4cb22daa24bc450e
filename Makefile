# SPDX-License-Identifier: Apache-2.0

# Needs Go 1.26, Git and make. "make test" installs, or asks for, the rest.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.release=$(VERSION)
TOOL    := go tool -modfile=tools/go.mod
# In the pages' own directory, so that the generated files name no other path.
TEMPL   := (cd internal/web && go tool -modfile=../../tools/go.mod templ generate -log-level error)

export GOFLAGS := -buildvcs=false

.PHONY: help demo build test check bench fuzz year format vet staticcheck vuln generate generated needs clean

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: build ## build tocsin and play the whole story on two nodes of this machine
	@bin/tocsin demo

build: ## build bin/tocsin: one static file, no C compiler
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/tocsin ./cmd/tocsin

test: needs ## run every test there is; installs or starts by itself what a test needs
	go test -count=1 -timeout 20m ./...
	@go test -count=1 -timeout 5m -v -run '^TestOtherReader$$' ./testvectors | grep -v '^=== '
	@go test -count=1 -timeout 5m -v -run '^TestEnvironment$$' ./interop | grep -v '^=== '

check: format vet staticcheck vuln generated test ## format, vet, staticcheck, govulncheck, generated files, the house, the tests

bench: ## measure: each figure beside the floor measured in the same run
	go test -p 1 -run '^$$' -bench . -benchmem -benchtime 2s -timeout 30m ./internal/nodetest ./...

fuzz: ## run every fuzz target for 10 s; FUZZ=Card those with that in their name, TIME=5m for longer
	@tools/fuzz.sh

year: ## let two nodes live through a year of 1,790,000 messages: an hour by estimate, and 22 GB of disk meanwhile
	go test -count=1 -v -run '^TestYear$$' -timeout 0 ./internal/nodetest -year 1790000

format:
	@wrong="$$(gofmt -l .)"; test -z "$$wrong" || { echo "gofmt these:"; echo "$$wrong"; exit 1; }

vet:
	go vet ./...

staticcheck:
	$(TOOL) staticcheck ./...

vuln: # says so and goes on where the database cannot be reached
	@tools/vuln.sh

generate: ## write anew what is generated: the pages' Go, line numbers in the docs, the list of what is linked
	$(TEMPL)
	go test -count=1 -run '^(TestLinks|TestLinked)$$' -update .

generated:
	@sums() { find . -name '*_templ.go' -exec sha256sum {} + | sort; }; before="$$(sums)"; \
	$(TEMPL) || exit 1; \
	test "$$before" = "$$(sums)" || { echo "the pages were not generated: commit what changed"; exit 1; }

needs:
	@tools/needs.sh

clean: ## remove what was built
	rm -rf bin
