#!/usr/bin/env python3
"""Compares two JSON files: equal but for numbers within a relative tolerance."""
import json
import sys


def differ(a, b, tol, path="$"):
    if isinstance(a, dict) and isinstance(b, dict):
        if list(a) != list(b):
            return f"{path}: keys differ"
        return next((d for k in a if (d := differ(a[k], b[k], tol, f"{path}.{k}"))), None)
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return f"{path}: {len(a)} and {len(b)} entries"
        return next((d for i, x in enumerate(a) if (d := differ(x, b[i], tol, f"{path}[{i}]"))), None)
    numbers = (int, float)
    if isinstance(a, numbers) and isinstance(b, numbers) and not isinstance(a, bool):
        near = abs(a - b) <= tol * max(abs(a), abs(b), 1e-9)
        return None if near else f"{path}: {a!r} and {b!r}"
    return None if a == b else f"{path}: {a!r} and {b!r}"


found = differ(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])), float(sys.argv[3]))
if found:
    print(found)
sys.exit(1 if found else 0)
