"""Builds the image of the filled workspace into the wheel, so that nobody waits for it.

hatchling runs this, in an environment that has what pyproject.toml asks for under
`tool.hatch.build.targets.wheel.hooks.custom`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# In a process of its own: the sandbox of the source, and not one that is installed.
PROGRAM = """
import sys
from pathlib import Path
from attio_sandbox.bootstrap import make_image
from attio_sandbox.images import pack, source_key
Path(sys.argv[1]).write_bytes(pack(make_image(), source_key()))
"""


class ImageHook(BuildHookInterface):  # type: ignore[type-arg]
    """Makes the image anew for each wheel; it is nowhere in the repository."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the image to what the wheel holds."""
        if version == "editable":  # its code changes: the image is made where it is first used
            return
        number, name = tempfile.mkstemp(suffix=".image")
        os.close(number)
        self._made = Path(name)
        source = os.path.join(self.root, "src")
        # Where there are no .pyc files of the source yet, none are left behind.
        # The paths of this process as well: pip keeps what a build needs in a folder of its own.
        paths = os.pathsep.join([source, *filter(None, sys.path)])
        environment = os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run([sys.executable, "-c", PROGRAM, name], env=environment, check=True)
        os.chmod(name, 0o644)  # installers keep the mode, and whoever installs is not who runs it
        build_data["force_include"][name] = "attio_sandbox/crm.image"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was made for the build."""
        made: Path | None = getattr(self, "_made", None)
        if made is not None:
            made.unlink(missing_ok=True)
