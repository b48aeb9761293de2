"""A foreign client of Weft's WebSocket, made of Python's websockets: websocket_client.py URL [ORIGIN] reads one JSON
object a line from stdin, sends it as a text message, and prints every message it gets as it came, one a line. A line
{"deaf": true} stops reading from the network, {"deaf": false} goes on. The end of the connection is printed as
{"type": "CLOSED", "code": …, "reason": …}, a refused upgrade as {"type": "REFUSED", "status": …}."""
import asyncio
import json
import sys

import websockets


def say(message):
    print(json.dumps(message), flush=True)


async def hear(socket):
    try:
        async for text in socket:
            print(text, flush=True)
    except websockets.ConnectionClosed:
        pass
    say({"type": "CLOSED", "code": socket.close_code, "reason": socket.close_reason})


async def main(url, origin=None):
    try:
        socket = await websockets.connect(url, origin=origin, max_size=None, ping_interval=None)
    except websockets.InvalidStatusCode as refused:
        say({"type": "REFUSED", "status": refused.status_code})
        return
    hearing = asyncio.create_task(hear(socket))
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        if "deaf" in request:
            socket.transport.pause_reading() if request["deaf"] else socket.transport.resume_reading()
            continue
        try:
            await socket.send(json.dumps(request))
        except websockets.ConnectionClosed:
            pass
    await hearing


asyncio.run(main(*sys.argv[1:]))
