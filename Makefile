# make run: every notebook, headless, and the gallery; make test: the whole test suite; make lab: JupyterLab.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: run test lab notebooks benchmark

run: $(INSTALLED)
	$(BIN)/python -m nbutils run
	$(BIN)/python -m nbutils gallery

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest tests
	$(BIN)/python -m pytest --nbmake notebooks

lab: $(INSTALLED)
	$(BIN)/jupyter lab notebooks --LabApp.default_url=/lab/workspaces/nbutils/tree/index.ipynb

# Executes the notebooks in place with their defaults and keeps the outputs without what differs from run to run. One
# thread, as sums depend on their number in the last digits. The index comes last, as it reads the others.
INDEX := notebooks/index.ipynb
notebooks: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/jupyter nbconvert --to notebook --execute --inplace \
		$(filter-out $(INDEX),$(wildcard notebooks/*.ipynb)) $(INDEX)
	$(BIN)/nbstripout --keep-output --keep-count --extra-keys \
		"cell.metadata.execution metadata.papermill metadata.language_info" notebooks/*.ipynb
	cp results/router_norms/agreement.png notebooks/images/router_norms.png
	cp results/expert_diversity/weights_by_layer.png notebooks/images/expert_diversity.png
	cp results/expert_routing/pruning.png notebooks/images/expert_routing.png
	cp results/reward_calibration/simulated_gains.png notebooks/images/reward_calibration.png
	cp results/co2_thresholds/responses.png notebooks/images/co2_thresholds.png
	cp results/clip_scoring/timeline.png notebooks/images/clip_scoring.png

benchmark: $(INSTALLED)
	$(BIN)/python -m pytest tests/benchmarks --benchmark-enable --benchmark-only -s

$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: set PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@
