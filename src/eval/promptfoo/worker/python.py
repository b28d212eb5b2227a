"""Runs the user's Python for aisys: one JSON request a line on standard input, one JSON answer a line on standard
output, one after the other. What scripts print goes to standard error."""
import asyncio
import contextlib
import importlib.util
import inspect
import io
import json
import os
import runpy
import sys

answers, sys.stdout = sys.stdout, sys.stderr
modules = {}


class Cannot(Exception):
    """The request cannot be run at all."""


def load(file):
    if file not in modules:
        folder = os.path.dirname(file)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        try:
            spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(file))[0], file)
            module = importlib.util.module_from_spec(spec)
            sys.modules.setdefault(spec.name, module)
            spec.loader.exec_module(module)
        except BaseException as error:
            raise Cannot(f"{type(error).__name__}: {error}") from error
        modules[file] = module
    return modules[file]


def script(file, arguments):
    printed, before = io.StringIO(), sys.argv
    sys.argv = [file, *arguments]
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(file, run_name="__main__")
    finally:
        sys.argv = before
    return printed.getvalue().rstrip("\n")


def answer(request):
    if request["op"] == "script":
        return script(request["file"], request["arguments"])
    call = load(request["file"])
    for name in request["function"].split("."):
        call = getattr(call, name, None)
    if call is None:
        raise Cannot(f"{request['file']} has no function {request['function']}")
    if not callable(call):
        raise Cannot(f"`{request['function']}` of {request['file']} is no function")
    value = call(*request["arguments"])
    return asyncio.run(value) if inspect.iscoroutine(value) else value


for line in sys.stdin:
    request = json.loads(line)
    try:
        told = json.dumps({"id": request["id"], "value": answer(request)})
    except Cannot as error:
        told = json.dumps({"id": request["id"], "cannot": str(error)})
    except BaseException as error:
        told = json.dumps({"id": request["id"], "threw": f"{type(error).__name__}: {error}"})
    answers.write(told + "\n")
    answers.flush()
