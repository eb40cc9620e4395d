"""A name has one meaning in the whole source, because readers search by names.

Each platform's folder is its own scope, because all platforms implement the same contract.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import letmepost

SOURCE = Path(letmepost.__file__).parent


def test_classes_and_type_aliases_have_unique_names() -> None:
    types = ((name, path) for path, tree in _modules() for node in ast.walk(tree) for name in _type_names(node))
    assert _repeated(types) == {}


def test_size_limits_are_defined_once() -> None:
    limits = (
        (target.id.removeprefix("_"), path)
        for path, tree in _modules()
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.endswith(("_MAX_BYTES", "_MAX_CHARS"))
    )
    assert _repeated(limits) == {}


def _modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield every module outside the folders of platforms."""
    for path in sorted(SOURCE.rglob("*.py")):
        match path.relative_to(SOURCE).parts:
            case "platforms", str(), str(), *_:
                continue
            case parts:
                yield "/".join(parts), ast.parse(path.read_text())


def _type_names(node: ast.AST) -> Iterator[str]:
    """Yield the name of a class, or of an alias such as `Moment = Annotated[...]`."""
    match node:
        case ast.ClassDef(name=name):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id="TypeAlias")):
            yield name
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript()) if (
            name[:1].isupper() and not name.isupper()
        ):
            yield name


def _repeated(definitions: Iterator[tuple[str, str]]) -> Mapping[str, list[str]]:
    paths = defaultdict(list)
    for name, path in definitions:
        paths[name].append(path)
    return {name: found for name, found in paths.items() if len(found) > 1}
