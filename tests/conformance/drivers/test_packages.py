"""Prints the packages that the tests of a Python project need: `test_packages.py pyproject.toml`."""

import sys
import tomllib

with open(sys.argv[1], "rb") as file:
    packages = tomllib.load(file)["dependency-groups"]["dev"]
print(*[package for package in packages if package.startswith(("pytest>", "pytest-asyncio>"))], sep="\n")
