.PHONY: start test check bench clean

start: ; @scripts/start
test: ; @scripts/test
check: ; @scripts/check
bench: ; @scripts/bench

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find novaplan tests -name __pycache__ -type d -prune -exec rm -rf {} +
