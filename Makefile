# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
tools := tests/tools
# Ansible needs a UTF-8 locale; this one is everywhere, the user's own may not be.
export LC_ALL := C.UTF-8

image_programs = python3=python3 mmdebstrap=mmdebstrap nsenter=util-linux tar=tar \
	/usr/share/keyrings/debian-archive-keyring.gpg=debian-archive-keyring $(if $(filter-out 0,$(shell id -u)),newuidmap=uidmap)
test_programs = git=git dockerd=docker.io docker=docker.io docker-registry=docker-registry skopeo=skopeo umoci=umoci podman=podman openssl=openssl newuidmap=uidmap \
	ssh=openssh-client setcap=libcap2-bin setfattr=attr xz=xz-utils zstd=zstd \
	vagrant=vagrant chromium=chromium xorriso=xorriso mdir=mtools fsck.fat=dosfstools \
	qemu-system-x86_64=qemu-system-x86 qemu-img=qemu-utils grub-mkimage=grub-common /usr/lib/grub/i386-pc/boot.img=grub-pc-bin sfdisk=fdisk mke2fs=e2fsprogs \
	busybox=busybox-static unshare=util-linux groovy=groovy /usr/share/OVMF/OVMF_CODE_4M.fd=ovmf \
	go=golang-go /usr/share/gocode/src/github.com/vmware/govmomi=golang-github-vmware-govmomi-dev \
	/usr/share/gocode/src/github.com/hashicorp/hcl=golang-github-hashicorp-hcl-v2-dev
benchmark_programs = packer=packer buildah=buildah podman=podman

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## all that `make image` needs, without building
	@$(tools)/programs.sh "the local builder" $(image_programs)
	@$(tools)/venv.sh .venv 3.11+\ 3.13\ 3.12\ 3.11 "ansible-core>=2.19" requirements.txt
	@[ -L .venv/collections/ansible_collections/golden/images ] || { mkdir -p .venv/collections/ansible_collections/golden && \
		ln -s ../../../.. .venv/collections/ansible_collections/golden/images; }

.PHONY: image
image: setup ## build the images of images.golden.yml; ARGS are given to ansible-playbook
	@ANSIBLE_CONFIG=$(CURDIR)/ansible.cfg .venv/bin/ansible-playbook build_images.yml $(ARGS)

.PHONY: test
test: test-setup ## everything below, with all set-up
	@MAKE="$(MAKE)" $(tools)/everything.sh

.PHONY: test-setup
test-setup:
	@$(tools)/programs.sh "the test suite" $(image_programs) $(test_programs)

.PHONY: test-unit
test-unit: ## unit tests on the oldest and the newest ansible-core; ARGS are given to pytest
	@$(tools)/programs.sh "the unit tests" ssh=openssh-client
	@status=0; for end in oldest newest; do $(tools)/end.sh $$end $(tools)/pytest.sh unit tests/unit $(ARGS) || status=1; done; exit $$status

.PHONY: test-integration
test-integration: test-setup ## tests on the real platforms: all on the oldest ansible-core, those marked smoke on the newest
	@status=0; $(tools)/end.sh oldest $(tools)/pytest.sh integration tests/integration $(ARGS) || status=1; \
		$(tools)/end.sh newest $(tools)/pytest.sh integration tests/integration -m smoke $(ARGS) || status=1; exit $$status

.PHONY: lint
lint: ## every checker; `make lint-NAME` for one of them (ruff, format, mypy, yaml, reuse, shell, action-groups, changelog, docs, ansible, galaxy, sanity-oldest, sanity-newest)
	@$(tools)/lint.sh

lint-%:
	@$(tools)/lint.sh $*

.PHONY: benchmark
benchmark: setup ## compare with Packer and ansible-bender
	@$(tools)/programs.sh "the benchmark" $(image_programs) $(test_programs) $(benchmark_programs)
	@$(tools)/end.sh newest python tests/benchmarks/benchmark.py $(ARGS)

.PHONY: benchmark-scale
benchmark-scale: ## what builds cost the machine that runs Ansible, by their number
	@$(tools)/programs.sh "the benchmark" /usr/sbin/sshd=openssh-server ssh=openssh-client
	@$(tools)/end.sh newest python tests/benchmarks/scale.py $(ARGS)

.PHONY: build
build: ## the collection's tarball, into dist/
	@$(tools)/venv.sh .venv 3.11+\ 3.13\ 3.12\ 3.11 "ansible-core>=2.19" requirements.txt
	@.venv/bin/ansible-galaxy collection build --force --output-path dist .

# Arguments of ansible-builder itself go into EE_ARGS.
EE_RUNTIME ?= podman
EE_SYSTEM ?= redhat
EE_TAG ?= golden-images-ee
EE_FOLDER ?= dist/ee
.PHONY: ee
ee: ## the execution environment for AWX; EE_BASE names the base image, EE_SYSTEM=debian its kind, EE_TAG the result, EE_BUILDERS what for, EE_RUNTIME=docker
	@$(tools)/programs.sh "the execution environment" $(EE_RUNTIME)=$(if $(filter docker,$(EE_RUNTIME)),docker.io,$(EE_RUNTIME))
	@$(tools)/ee_tools.sh
	@.venvs/ee/bin/python $(tools)/ee.py --base "$(EE_BASE)" --system $(EE_SYSTEM) --tag $(EE_TAG) --builders "$(EE_BUILDERS)" \
		--runtime $(EE_RUNTIME) --folder $(EE_FOLDER) -- $(EE_ARGS)

.PHONY: clean
clean: ## remove what make made, but not the images built
	rm -rf .venv .venvs dist tests/output .ansible .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
