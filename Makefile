# Everything that is done with this repository more than once. A fresh machine
# needs Go, git and make; what else is needed is put into .bin, but for the servers
# that tests run. The list of the modules is never written down here: it is what
# go.work says.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := $(CURDIR)/.bin
GOLANGCI_VERSION := v2.15.0
GOLANGCI := $(BIN)/golangci-lint-$(GOLANGCI_VERSION)

# What to test: packages as go test takes them; "work" is all of the workspace.
PKG ?= work
# The packages that take longest begin first, or one of them would run alone at the end.
LONGEST := ./internal/integration/faults ./internal/integration/postgres ./internal/integration/mysql ./rueidisstore \
	./internal/integration/differential ./internal/integration/crash ./store/memory ./examples/gorm
ORDERED = $(if $(filter work,$(PKG)),$(LONGEST)) $(PKG)
# How many packages are tested at once: one more than there are processors, for the
# tests of faults mostly wait.
PACKAGES ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# More arguments for go test, as in: make test ARGS='-run TestFence -v'
ARGS ?=
# How long a package's tests may take.
TIMEOUT ?= 10m
RACE_TIMEOUT ?= 18m
# How long to fuzz each target, and which (a regular expression).
FUZZTIME ?= 60s
FUZZ ?=
# How much the differential tests of make fuzz look at: reads that are compared,
# and changes of rows that are tried against dependencies.
DIFFERENTIAL_READS ?= 1500000
DIFFERENTIAL_CHANGES ?= 200000
# Reads that are compared with the cache in Redis, in sets mode, and in a Redis Cluster.
DIFFERENTIAL_REDIS ?= 200000
DIFFERENTIAL_SETS ?= 100000
DIFFERENTIAL_CLUSTER ?= 100000
# The same on PostgreSQL: reads, reads with the cache in Redis, changes of rows.
DIFFERENTIAL_POSTGRES ?= 200000
DIFFERENTIAL_POSTGRES_REDIS ?= 200000
DIFFERENTIAL_POSTGRES_CHANGES ?= 200000
# And on MariaDB.
DIFFERENTIAL_MYSQL ?= 200000
DIFFERENTIAL_MYSQL_REDIS ?= 200000
DIFFERENTIAL_MYSQL_CHANGES ?= 200000
# Calls of functions that are compared; a share of it on Redis and on PostgreSQL.
DIFFERENTIAL_FUNCS ?= 400000
# The seed of their first cases; 0 for another one each time.
DIFFERENTIAL_SEED ?= 0
# How many writers make crash kills, and the seed; 0 for another one each time.
CRASH_KILLS ?= 1000
CRASH_SEED ?= 0
# The database under it, sqlite, postgres or mysql; empty for each.
CRASH_DATABASE ?=
# How long make torture lets each fault of Redis last.
FAULT_LASTS ?= 15s
# And how long eight processes share a folder of cache files.
FILES_LAST ?= 30s
# How much time to try the breakages of the code in, and which come first; 0 for all.
SELFTEST_WITHIN ?= 0
SELFTEST_SEED ?= 0
# How long to run each benchmark, and which (a regular expression).
BENCHTIME ?= 100ms
BENCH ?= .

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: tools
tools: ## build the project's own tools into .bin
	@go build -buildvcs=false -o $(BIN)/ ./internal/tools/...

.PHONY: servers
servers: ## install Redis with Sentinel, PostgreSQL, MariaDB and Chromium where they are missing (as root, with apt-get)
	@.ci/servers

.PHONY: test
# Vetting is make lint's.
test: tools servers ## run the tests of every module, and say what ran
	@$(BIN)/testsummary -vet=off -short -p $(PACKAGES) -timeout $(TIMEOUT) $(ARGS) $(ORDERED)

.PHONY: torture
torture: tools servers ## run the exhaustive interleavings of the stores, the larger ones too, and their full load, each fault of Redis, of PostgreSQL and of MariaDB for FAULT_LASTS (15s), on each database, and processes on one folder of cache files for FILES_LAST (30s)
	@CACHEOPS_EXHAUSTIVE=1 $(BIN)/testsummary -count=1 -timeout 30m -run '^Test(Sets)?Exhaustive$$|^Test(Sets)?Conformance' $(ARGS) ./store/... ./rueidisstore
	@$(BIN)/testsummary -count=1 -timeout 30m $(ARGS) ./internal/integration/faults -args -faults.all -faults.lasts=$(FAULT_LASTS)
	@$(BIN)/testsummary -count=1 -timeout 30m -skip 'Postgres|MySQL' $(ARGS) ./internal/integration/faults -args -faults.all -faults.lasts=$(FAULT_LASTS) -faults.database=postgres
	@$(BIN)/testsummary -count=1 -timeout 30m -skip 'Postgres|MySQL' $(ARGS) ./internal/integration/faults -args -faults.all -faults.lasts=$(FAULT_LASTS) -faults.database=mysql
	@$(MAKE) files

.PHONY: files
files: tools ## have eight processes write and read 100 keys in one folder of cache files for FILES_LAST (30s)
	@$(BIN)/testsummary -count=1 -timeout 30m -run '^TestProcesses$$' $(ARGS) ./filecache -args -filecache.lasts=$(FILES_LAST)

.PHONY: crash
crash: servers ## kill CRASH_KILLS writers (1000) of a cache in Redis on each database, and compare what others read
	@go test ./internal/integration/crash -count=1 -v -timeout 40m -run '^TestCrash$$' $(ARGS) \
		-args -crash.kills=$(CRASH_KILLS) -crash.seed=$(CRASH_SEED) -crash.database=$(CRASH_DATABASE)

.PHONY: reap
reap: servers ## take 1,000,000 dead members out of the sets of sets mode, and see what it costs Redis
	@go test -count=1 -v -run '^TestReap$$' ./rueidisstore -args -reap.dead=1000000

.PHONY: race
race: tools servers ## run the tests with the race detector (needs a C compiler)
	@$(BIN)/testsummary -vet=off -race -timeout $(RACE_TIMEOUT) $(ARGS) $(ORDERED)

.PHONY: lint
lint: $(GOLANGCI) ## check the formatting, go vet, and golangci-lint in every module
	@unformatted=$$(git ls-files -z --cached --others --exclude-standard --deduplicate -- '*.go' | xargs -0 sh -c 'for f; do [ ! -f "$$f" ] || printf "%s\0" "$$f"; done' sh | xargs -0 -r gofmt -l); \
	if [ -n "$$unformatted" ]; then printf 'not formatted, run gofmt -w on:\n%s\n' "$$unformatted"; exit 1; fi
	@go vet work
	@go test -count=1 -run '^TestLayout$$' -v ./internal/architecture | grep 'is it one concept' || true
	@failed=; for dir in $$(go list -m -f '{{.Dir}}'); do \
		echo "lint $$dir"; (cd "$$dir" && $(GOLANGCI) run ./...) || failed="$$failed $$dir"; \
	done; \
	if [ -n "$$failed" ]; then echo "golangci-lint found something in:$$failed"; exit 1; fi

# A fresh machine has no linter: this one version is installed, so that all
# machines find the same. One of that version in GOPATH/bin saves the minutes
# that compiling it takes.
$(GOLANGCI):
	@mkdir -p $(BIN)
	@have="$$(go env GOPATH)/bin/golangci-lint"; \
	if [ -x "$$have" ] && go version -m "$$have" | grep -q '	$(GOLANGCI_VERSION)	'; then \
		cp "$$have" $@; \
	else \
		echo "installing golangci-lint $(GOLANGCI_VERSION) into .bin, once"; \
		GOBIN=$(BIN) GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION); \
		mv $(BIN)/golangci-lint $@; \
	fi

.PHONY: bench
bench: ## measure the figures beside their limits, into docs/performance.md
	@go build -buildvcs=false -o $(BIN)/benchmarks ./benchmarks
	@$(BIN)/benchmarks -o docs/performance.md

.PHONY: microbench
microbench: ## run the benchmarks of all packages, shortly
	@go test -run '^$$' -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) -timeout 10m $(ARGS) $(PKG)

.PHONY: fuzz
fuzz: tools servers differential ## run every fuzz target for FUZZTIME (60s), and the differential tests
	@$(BIN)/fuzzall -time $(FUZZTIME) -run '$(FUZZ)'

.PHONY: bounds
bounds: ## write a million rows at once, and see what memory it takes
	@go test -count=1 -v -run '^TestBigWrites$$' ./internal/integration -args -rows 1000000

.PHONY: differential
differential: servers ## compare DIFFERENTIAL_READS random reads and DIFFERENTIAL_FUNCS calls of functions, try DIFFERENTIAL_CHANGES changes
	@go test ./internal/integration/differential -count=1 -v -timeout 120m -run 'TestDifferential|TestDependencies' $(ARGS) \
		-args -differential.reads=$(DIFFERENTIAL_READS) -differential.redis=$(DIFFERENTIAL_REDIS) -differential.sets=$(DIFFERENTIAL_SETS) -differential.cluster=$(DIFFERENTIAL_CLUSTER) -differential.changes=$(DIFFERENTIAL_CHANGES) \
		-differential.postgres=$(DIFFERENTIAL_POSTGRES) -differential.postgres.redis=$(DIFFERENTIAL_POSTGRES_REDIS) -differential.postgres.changes=$(DIFFERENTIAL_POSTGRES_CHANGES) \
		-differential.mysql=$(DIFFERENTIAL_MYSQL) -differential.mysql.redis=$(DIFFERENTIAL_MYSQL_REDIS) -differential.mysql.changes=$(DIFFERENTIAL_MYSQL_CHANGES) -differential.funcs=$(DIFFERENTIAL_FUNCS) -differential.seed=$(DIFFERENTIAL_SEED)

.PHONY: tidy
tidy: tools ## tidy every module
	@$(BIN)/tidy

.PHONY: tidy-check
tidy-check: tools ## fail when a module is not tidy
	@$(BIN)/tidy -check

.PHONY: selftest
selftest: tools servers ## break the code on purpose and see that the checks notice; as much as fits into SELFTEST_WITHIN (all)
	@$(BIN)/selftest -within $(SELFTEST_WITHIN) -seed $(SELFTEST_SEED)

.PHONY: release-check
release-check: tools ## rehearse a release and its installation, without publishing
	@$(BIN)/release -check

.PHONY: release
release: tools ## write the go.mod files of VERSION, and say what to tag
	@$(BIN)/release -version '$(VERSION)'

.PHONY: clean
clean: ## remove what make built
	@rm -rf $(BIN)
