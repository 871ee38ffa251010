"""What import-linter cannot see: whose models are whose, and imports hidden in functions."""

import ast

from tests.contracts import source

MAY_IMPORT_MODELS = {
    "models", "policies", "queries", "services", "writing", "admin", "tree", "audit",
}  # fmt: skip
"""The last of them are queries and services under a name of their own: what org's services write
alike, org's write path of the unit tree, and core's audit log."""

EDGES = {
    "api", "handlers", "gateway", "management", "middleware", "scim", "sign_in", "urls", "admin",
}  # fmt: skip
CLOCK_READERS = {
    "core.http", "core.jobs", "core.localstack", "org.middleware", "org.sign_in",
}  # fmt: skip
BANNED_NAMES = {"utils", "helpers", "constants", "common", "misc"}


def test_models_never_leave_their_app() -> None:
    trespassers = [
        f"{module.name} imports {name}"
        for module in source.modules()
        for name in module.imports()
        if (app := name.split(".", 1)[0]) in (*source.APPS, "core")
        and name.split(".")[1:2] == ["models"]
        and not (module.name.split(".")[0] == app and module.layer in MAY_IMPORT_MODELS)
    ]
    assert trespassers == []


def test_nothing_is_imported_inside_a_function() -> None:
    hidden = [
        f"{module.name}:{inner.lineno}"
        for module in source.modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_nothing_below_an_edge_reads_a_clock() -> None:
    readers = [
        f"{module.name}:{node.lineno}"
        for module in source.modules()
        if module.layer not in EDGES
        and not module.name.startswith(tuple(CLOCK_READERS))
        and not module.name.startswith("workbench.")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in {"timezone.now", "time.time", "datetime.now", "date.today"}
    ]
    assert readers == []


def test_no_module_is_a_drawer_for_anything() -> None:
    drawers = [module.name for module in source.modules() if module.path.stem in BANNED_NAMES]
    assert drawers == []


def test_modules_and_functions_stay_readable() -> None:
    paths = [module.path for module in source.modules()] + source.tracked("sdk/*.py")
    long = [
        f"{path.relative_to(source.ROOT)}: {count} lines"
        for path in paths
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    ]
    long += [
        f"{module.name}.{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for module in source.modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > 40
    ]
    assert long == []


def test_migrations_import_nothing_of_ours() -> None:
    ours = [
        f"{module.name} imports {name}"
        for module in source.modules(migrations=True)
        for name in module.imports()
        if name.split(".")[0] in source.PACKAGES
    ]
    assert ours == []


def test_samples_use_the_public_api_only() -> None:
    inside = [
        f"{module.name} imports {name}"
        for module in source.modules("samples")
        for name in module.imports()
        if name.split(".")[0] in (*source.PACKAGES, "django", "tests")
    ]
    assert inside == []
