"""`python -m letmepost.http.docs.build PROJECT TOOLS` builds the site of a source tree. `make docs` runs it.

PROJECT: the folder with mkdocs.yml. TOOLS: an environment with the packages of requirements/docs.txt.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from letmepost.http.docs.build.finish import finish
from letmepost.http.docs.build.sources import write_sources
from letmepost.http.docs.site import DIRECTORY


def build(project: Path, tools: Path) -> None:
    """Build the site, and replace the one that the API serves."""
    with TemporaryDirectory(prefix="letmepost-docs-") as directory:
        place = Path(directory)
        pages = write_sources(project, place)
        [scalar] = tools.glob("lib/python3*/site-packages/star_openapi_scalar/templates/scalar/js/scalar.standalone.js")
        shutil.copy(scalar, place / "docs/assets/scalar.js")
        subprocess.run(  # noqa: S603 - the generator of the given environment
            [tools / "bin/mkdocs", "build", "--strict", "--quiet", "--site-dir", place / "site"],
            cwd=place,
            env={"PATH": "/usr/bin:/bin", "NO_MKDOCS_2_WARNING": "true"},
            check=True,
        )
        finish(place / "site", place / "docs", pages)
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        shutil.copytree(place / "site", DIRECTORY)


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
