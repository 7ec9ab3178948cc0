SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build test test-short bench bench-media gallery media-tools lint fmt setup static

GO ?= go
CC ?= cc
# Without this tag the decoders of HEIC, AVIF and JPEG XL would load libraries of the system; a build without it has none.
TAGS := -tags nodynamic
# The race detector is part of the C tool chain's world.
RACE := $(shell command -v $(CC) >/dev/null 2>&1 && echo -race)
# It looks at our code, and not at SQLite, which takes most of the time under it, nor at other large libraries.
UNWATCHED := modernc.org golang.org/x/crypto github.com/tetratelabs github.com/klauspost
WATCH := $(foreach module,$(UNWATCHED),-gcflags='$(module)/...=-race=0 -d=checkptr=0')

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## start the server on :8080 with its defaults, data in ./sluice-data
	@missing=$$(scripts/media-tools missing | tr '\n' ' '); \
	if [ -n "$$missing" ]; then echo "not installed: $$missing(bin/sluice doctor says what for); \"make media-tools\" installs them"; fi
	exec bin/sluice serve

media-tools: ## install the tools for media beyond the common images (Debian; root or sudo)
	@scripts/media-tools

build: ## build bin/sluice, one static binary
	CGO_ENABLED=0 $(GO) build $(TAGS) -trimpath -o bin/sluice ./cmd/sluice

test: setup static ## install test clients where needed, then run every check and test
ifeq ($(RACE),)
	@echo "no C compiler ($(CC)): testing without the race detector"
	CGO_ENABLED=0 $(GO) test $(TAGS) -timeout 50m ./...
else
	CGO_ENABLED=1 $(GO) test $(TAGS) -race $(WATCH) -timeout 50m ./...
endif

test-short: ## run the quick tests, without set-up and race detector
	$(GO) test $(TAGS) -short -timeout 5m ./...

bench: build ## measure uploads beside bare handlers, and a large library (BENCH="flags of the uploads")
	mkdir -p .bench
	CGO_ENABLED=0 $(GO) build $(TAGS) -trimpath -o .bench/bench ./test/bench
	.bench/bench -sluice bin/sluice -variant deferred,SLUICE_DIGEST=deferred $(BENCH)
	.bench/bench library -sluice bin/sluice
	.bench/bench search
	.bench/bench chunks -sluice bin/sluice
	.bench/bench media -sluice bin/sluice
	.bench/bench parts -sluice bin/sluice -versitygw build

bench-media: build ## measure thumbnails, optimised images, pages and posters beside sharp, vips, pdftoppm and ffmpeg (BENCH="flags")
	@test/setup
	mkdir -p .bench
	CGO_ENABLED=0 $(GO) build $(TAGS) -trimpath -o .bench/bench ./test/bench
	.bench/bench processing -sluice bin/sluice $(BENCH)
	.bench/bench mixed -sluice bin/sluice

gallery: build ## write .gallery/index.html: what each upload option does, in pictures of before and after
	$(GO) run $(TAGS) ./test/gallery -sluice bin/sluice -out .gallery

lint: static ## vet, format, layers, and golangci-lint where installed
	@if command -v golangci-lint >/dev/null 2>&1; then golangci-lint run; \
	else echo "golangci-lint is not installed: skipped its part"; fi

fmt: ## format all Go files
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

setup:
	@test/setup

static:
	$(GO) vet $(TAGS) ./...
	$(GO) vet ./internal/media/...
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go' | xargs ls -d 2>/dev/null)); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) test $(TAGS) -count=1 ./test/layers
