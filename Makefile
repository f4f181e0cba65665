# Needs Python 3.11 or newer, a C++20 compiler and GNU make; everything else comes from PyPI into .venv.
#   make demo      build, install, and forecast a week of Seattle's rain, with charts in build/seattle-rain.html
#   make test      native tests, then Python tests
#   make lint      ruff and mypy           make format    let ruff rewrite
#   make sanitize  native tests under the address, undefined-behaviour and thread sanitizers
#   make bench     every benchmark; results in benchmarks/results
#   make clean     remove .venv and everything built

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BUILD := build/dev
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

NATIVE := CMakeLists.txt $(shell find cmake native -type f)
REQUIREMENTS := pyproject.toml constraints.txt
# An editable install: Python files are used where they are, only native/ needs a build (a changed file alone).
PIP := pip install --quiet --quiet --constraint constraints.txt
EDITABLE := $(PIP) --no-build-isolation -C build-dir=$(BUILD) --editable

.PHONY: demo test native-test python-test lint ruff-check ruff-format mypy format sanitize bench clean
.DELETE_ON_ERROR:

demo: .venv/installed
	tidegate forecast examples/seattle-rain.csv --horizon 7 --report build/seattle-rain.html
	@echo; echo "With charts, to open in a browser: build/seattle-rain.html"

test: native-test python-test

native-test: .venv/installed-test
	ctest --test-dir $(BUILD) --output-on-failure

python-test: .venv/installed-test
	python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal --cov --cov-report=term $(PYTEST)

lint: ruff-check ruff-format mypy

ruff-check: .venv/installed-dev
	ruff check .

ruff-format: .venv/installed-dev
	ruff format --check .

mypy: .venv/installed-dev
	mypy

format: .venv/installed-dev
	ruff check --fix .
	ruff format .

# One build each: a program cannot run under both.
sanitize: .venv/created
	for kind in address,undefined thread; do \
	  cmake -G Ninja -S . -B build/sanitize-$$kind -DCMAKE_BUILD_TYPE=Sanitize -DCMAKE_CXX_FLAGS_SANITIZE=-O1 \
	    -DTIDEGATE_PYTHON=OFF -DTIDEGATE_NATIVE_TESTS=ON -DTIDEGATE_SANITIZE=$$kind && \
	  cmake --build build/sanitize-$$kind && \
	  ctest --test-dir build/sanitize-$$kind --output-on-failure || exit 1; \
	done

bench: .venv/installed-bench
	benchmarks/run

clean:
	rm -rf .venv build

# ---- stamps: each says what has been installed into .venv ----

.venv/created: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3" >&2; exit 1; }
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PIP) scikit-build-core nanobind cmake ninja
	touch $@

.venv/installed: .venv/created $(NATIVE)
	$(EDITABLE) .
	touch $@

.venv/installed-test: .venv/created $(NATIVE)
	$(EDITABLE) '.[test]' -C cmake.define.TIDEGATE_NATIVE_TESTS=ON
	touch $@ .venv/installed

.venv/installed-dev: .venv/installed-test
	$(PIP) ruff mypy
	touch $@

# The other frameworks live apart, beside a wheel of this package. Nothing is compiled twice: the build folder is shared.
.venv/installed-bench: .venv/installed-test benchmarks/requirements.txt
	pip wheel --quiet --quiet --no-deps --no-build-isolation -C build-dir=$(BUILD) --wheel-dir build/wheel .
	python -m venv build/bench
	build/bench/bin/pip install --quiet --quiet --constraint constraints.txt --requirement benchmarks/requirements.txt
	build/bench/bin/pip install --quiet --quiet --constraint constraints.txt --force-reinstall --no-deps build/wheel/tidegate-*.whl
	touch $@
