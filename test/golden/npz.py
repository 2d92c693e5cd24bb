#!/usr/bin/env python3
"""Two small archives as NumPy writes them: the bytes that npz.json holds.

    python3 test/golden/npz.py > test/golden/npz.json
"""
import base64
import io
import json
import numpy as np

COMMAND = "python3 test/golden/npz.py > test/golden/npz.json"


def archive(save):
    buffer = io.BytesIO()
    patterns = np.array([[1.5, -2], [3, 4]], dtype="<f4")
    save(buffer, patterns=patterns, labels=np.array([7, 9], dtype="<i4"))
    return base64.b64encode(buffer.getvalue()).decode()


values = {"stored": archive(np.savez), "deflated": archive(np.savez_compressed)}
made_by = "numpy.savez and numpy.savez_compressed"
print(json.dumps({"madeBy": made_by, "version": np.__version__, "command": COMMAND, "values": values}, indent=2))
