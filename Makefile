# `make demo` and `make test` do all of their own set-up; the second time it takes less than a second.
ROBOT ?= franka
ARGS ?=
PYTHON ?= $(shell command -v python3.11 || command -v python3)

# Nodes find each other on this machine only.
export ROS_AUTOMATIC_DISCOVERY_RANGE ?= LOCALHOST

.PHONY: help setup setup-test demo test test-long lint clean

help:
	@echo "make demo [ROBOT=franka] [ARGS=...]  run instructions on a simulated robot, results in out/demo/"
	@echo "make test [ARGS=...]                 linters, types and tests; ARGS go to pytest"
	@echo "make test-long                       the limits under millions of random ticks, with new seeds"
	@echo "make lint                            linters and types only"
	@echo "make setup                           what running needs, into .venv"
	@echo "make setup-test                      what training and tests need as well"
	@echo "make clean                           remove .venv, builds and caches; out/ and datasets/ stay"

setup:
	@$(if $(PYTHON),,$(error Python 3.11 is needed: apt-get install python3.11))$(PYTHON) tools/setup_env.py

setup-test:
	@$(if $(PYTHON),,$(error Python 3.11 is needed: apt-get install python3.11))$(PYTHON) tools/setup_env.py --test

demo: setup
	@.venv/bin/vla_ros demo --robot $(ROBOT) $(ARGS)

test: setup-test
	@.venv/bin/python tools/run_tests.py $(ARGS)

test-long: setup-test
	@.venv/bin/pytest -m long -rP $(ARGS)

lint: setup-test
	@.venv/bin/python tools/run_tests.py --lint

clean:
	rm -rf .venv build install log *.egg-info .mypy_cache .pytest_cache .ruff_cache .setup.lock
