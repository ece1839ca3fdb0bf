"""The types of the API for TypeScript: as the documents say, and of use to who writes a client."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crm.rest import typescript
from tools import node
from tools.typescript import TYPES

NODE = Path(sys.executable).with_name("node")
CONTRACT = Path(__file__).with_name("contract")


def test_the_types_are_current():
    assert TYPES.read_text() == typescript.text(), "make types"


@pytest.mark.postgres
def test_a_client_that_is_right_compiles_and_one_that_is_wrong_does_not(tmp_path):
    folder = node.obtain(CONTRACT)
    for path in (CONTRACT / "client.ts", TYPES):
        shutil.copy(path, tmp_path)

    def judged():
        run = subprocess.run(
            [NODE, folder / "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--target",
             "es2022", "--module", "esnext", "--moduleResolution", "bundler", "client.ts"],
            cwd=tmp_path, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        return run.stdout + run.stderr

    assert judged() == ""
    client = tmp_path / "client.ts"
    client.write_text(client.read_text().replace("firstName: ", "name: "))
    assert "name" in judged()
