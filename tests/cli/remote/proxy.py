#!/usr/bin/env python3
"""Stands between zccache-remote and a server, and does to its answers what the file MODE says at that moment.

usage: proxy.py PORT SERVER_PORT MODE

pass: nothing. far: lets each answer take 20 ms. hang: takes questions and says nothing. cut: closes after 100 bytes. drip: a byte and then nothing.
wrong: changes bytes. rubbish: sends what no protocol knows. endless: sends without end. refuse: closes at once.
"""
import asyncio
import pathlib
import sys

port, server_port, mode_file = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])


def changed(answer: bytes) -> bytes:
    """With a byte of the value changed, and the framing of the protocol whole."""
    return answer if len(answer) < 400 else answer[:350] + bytes([answer[350] ^ 1]) + answer[351:]


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        mode = mode_file.read_text().strip()
        if mode == "cut":
            data = data[:100]
        if mode == "wrong":
            data = changed(data)
        if mode == "drip":
            data = data[:1]
        if mode == "rubbish":
            data = b"*1000000000\r\n*1000000000\r\n" * 3
        if mode == "far":  # those that follow are under way meanwhile
            asyncio.get_running_loop().call_later(0.02, writer.write, data)
            continue
        writer.write(data)
        await writer.drain()
        while mode == "endless":
            writer.write(b"$60000000\r\n" + bytes(1 << 20))
            await writer.drain()
        if mode == "cut":
            break
    writer.close()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        if mode_file.read_text().strip() == "refuse":
            return
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", server_port)
        answers = asyncio.create_task(answer(server_reader, writer))
        while data := await reader.read(1 << 16):
            if mode_file.read_text().strip() != "hang":
                server_writer.write(data)
                await server_writer.drain()
        answers.cancel()
        server_writer.close()
    except (ConnectionError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


async def main() -> None:
    async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
        await server.serve_forever()


asyncio.run(main())
