#!/usr/bin/env python3
"""Lists a cache directory through the C interface: no compiler, no binding, only ctypes.

usage: main.py CACHE
"""
import ctypes
import sys


class Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    def text(self) -> str:
        return ctypes.string_at(self.data, self.size).decode(errors="replace") if self.size else ""


VISITOR = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

zccache = ctypes.CDLL("libzccache.so.1")
for name, result, arguments in [
    ("last_message", ctypes.c_char_p, []),
    ("options_new", ctypes.c_int32, [ctypes.POINTER(ctypes.c_void_p)]),
    ("options_set", ctypes.c_int32, [ctypes.c_void_p, ctypes.c_int32, ctypes.c_uint64]),
    ("options_free", None, [ctypes.c_void_p]),
    ("open", ctypes.c_int32, [ctypes.c_char_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)]),
    ("close", None, [ctypes.c_void_p]),
    ("for_each", ctypes.c_int32, [ctypes.c_void_p, VISITOR, ctypes.c_void_p]),
    ("entry_key", Bytes, [ctypes.c_void_p]),
    ("entry_output_count", ctypes.c_size_t, [ctypes.c_void_p]),
    ("entry_output_name", Bytes, [ctypes.c_void_p, ctypes.c_size_t]),
    ("entry_output_size", ctypes.c_uint64, [ctypes.c_void_p, ctypes.c_size_t]),
]:
    function = getattr(zccache, "zccache_" + name)
    function.restype, function.argtypes = result, arguments

READ_ONLY = 1


def check(status: int) -> None:
    if status != 0:
        sys.exit(zccache.zccache_last_message().decode(errors="replace"))


def open_to_look(directory: str) -> ctypes.c_void_p:
    options, store = ctypes.c_void_p(), ctypes.c_void_p()
    check(zccache.zccache_options_new(ctypes.byref(options)))
    check(zccache.zccache_options_set(options, READ_ONLY, 1))
    check(zccache.zccache_open(directory.encode(), options, ctypes.byref(store)))
    zccache.zccache_options_free(options)
    return store


@VISITOR
def show(entry: int, _user: int) -> int:
    outputs = [
        f"{zccache.zccache_entry_output_name(entry, i).text()} ({zccache.zccache_entry_output_size(entry, i)} bytes)"
        for i in range(zccache.zccache_entry_output_count(entry))
    ]
    print(zccache.zccache_entry_key(entry).text(), ", ".join(outputs))
    return 1


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    store = open_to_look(sys.argv[1])
    check(zccache.zccache_for_each(store, show, None))
    zccache.zccache_close(store)


if __name__ == "__main__":
    main()
