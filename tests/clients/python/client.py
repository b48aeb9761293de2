"""A foreign client of Weft's Unix socket, made of Python's msgpack: client.py SOCKET reads one JSON object a line from
stdin, sends it as a MessagePack map in a frame, and prints every message it gets as one line of JSON. A line
{"raw": "<hex>"} is written to the socket as it is. The end of the connection is printed as {"type": "CLOSED"}."""
import json
import socket
import struct
import sys
import threading

import msgpack


def receive(connection):
    stream = connection.makefile("rb")
    while True:
        head = stream.read(4)
        body = stream.read(struct.unpack("<I", head)[0]) if len(head) == 4 else b""
        if not body:
            print(json.dumps({"type": "CLOSED"}), flush=True)
            return
        # raw=False and strict_map_key: text must be text, and keys too.
        print(json.dumps(msgpack.unpackb(body, raw=False, strict_map_key=True)), flush=True)


def main():
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    threading.Thread(target=receive, args=(connection,), daemon=True).start()
    for line in sys.stdin:
        request = json.loads(line)
        if "raw" in request:
            connection.sendall(bytes.fromhex(request["raw"]))
            continue
        body = msgpack.packb(request, use_bin_type=True)
        connection.sendall(struct.pack("<I", len(body)) + body)


main()
