#!/usr/bin/env python3
"""Writes an index as the original does, with bincode 1.3: for the tests of import.

usage: bincode.py FILE [ENTRY…]      ENTRY: KEY:STORED_AT[:NAME=SIZE…], stdout and stderr made of the key
"""
import struct
import sys


def u64(number: int) -> bytes:
    return struct.pack("<Q", number)


def data(content: bytes) -> bytes:
    return u64(len(content)) + content


def sequence(items: list[bytes]) -> bytes:
    return u64(len(items)) + b"".join(items)


def entry(text: str) -> bytes:
    key, stored_at, *outputs = text.split(":")
    names, sizes = zip(*(output.split("=") for output in outputs)) if outputs else ((), ())
    return (
        data(key.encode())
        + sequence([data(name.encode()) for name in names])
        + sequence([u64(int(size)) for size in sizes])
        + data(f"out of {key}\n".encode())
        + data(f"err of {key}\0\xff".encode("latin-1"))
        + struct.pack("<i", -7)
        + u64(sum(map(int, sizes)))
        + u64(int(stored_at))
    )


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as file:
        file.write(sequence([entry(text) for text in sys.argv[2:]]))
