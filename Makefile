# Two commands for a fresh machine: `make demo` and `make test`. Each makes its own environment in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= data

.PHONY: demo test slow lint docs notebooks picture default-model accuracy clean

demo: $(VENV)/.run
	@rm -rf lens
	@$(BIN)/python examples/demo.py

test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n auto -m "not slow"

slow: $(VENV)/.dev
	$(BIN)/python -m pytest -q -m slow

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config setup.cfg

docs: $(VENV)/.dev
	$(BIN)/python -m mkdocs build --strict

notebooks: $(VENV)/.dev
	$(BIN)/python notebooks/run.py

picture: $(VENV)/.dev
	$(BIN)/python docs/picture.py

default-model: $(VENV)/.dev
	$(BIN)/python -m benchmarks.accuracy.train_default --data $(DATA)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints-dev.txt -e '.[dev]'
	@touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) lens build *.egg-info
