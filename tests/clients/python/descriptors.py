"""Sends requests over Weft's Unix socket with descriptors nobody asked for (SCM_RIGHTS): descriptors.py SOCKET MESSAGES
sends QUERY_RUNNING that often, each with eight open files, reads each reply, and prints how many it got."""
import array
import os
import socket
import struct
import sys


def main(path, messages):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    stream = connection.makefile("rb")
    body = b"\x81\xa4type\xadQUERY_RUNNING"
    frame = struct.pack("<I", len(body)) + body
    unasked = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [os.open("/dev/null", os.O_RDONLY) for _ in range(8)]))]
    replies = 0
    for _ in range(messages):
        connection.sendmsg([frame], unasked)
        stream.read(struct.unpack("<I", stream.read(4))[0])
        replies += 1
    print(replies)


main(sys.argv[1], int(sys.argv[2]))
