"""Clients of Weft's WebSocket that come and go while sessions are launched and ended, made of Python's websockets:
websocket_storm.py URL SYSTEM_TOKEN OBSERVER_CREDENTIAL APP LAUNCHES. Of 20 clients four stay and launch, two stay and
listen, and fourteen come and go, every third as an observer; a client that returns presents its resume key. Each
connection is held against the contract: WELCOME is a cut, and of every session the broadcasts after it are what
follows, in order and once. Prints {"connections", "complete", "violations"} as one line of JSON."""
import asyncio
import json
import random
import sys

import websockets

URL, TOKEN, OBSERVER, APP, LAUNCHES = *sys.argv[1:5], int(sys.argv[5])
STAGES = ["LAUNCH_ACK", "starting", "APP_READY", "running", "stopping", "stopped"]
LAUNCHERS, LISTENERS, PASSING, AT_ONCE = 4, 2, 14, 5

violations = []
connections = 0


class Client:
    """One client over all its connections."""

    def __init__(self, name, role="system"):
        self.name, self.role, self.resume, self.number, self.seen = name, role, None, None, {}

    async def connect(self):
        global connections
        connections += 1
        self.socket = await websockets.connect(URL, max_size=None, ping_interval=None)
        self.waiting, self.replies, self.seq = {}, {}, 0
        hello = {"type": "HELLO", "role": self.role, "token": TOKEN if self.role == "system" else OBSERVER, "client": self.name}
        if self.resume:
            hello["resume_key"] = self.resume
        await self.socket.send(json.dumps(hello))
        welcome = json.loads(await self.socket.recv())
        if welcome["type"] != "WELCOME":
            self.wrong(f"HELLO was answered {welcome}")
        if self.number not in (None, welcome["client_id"]):
            self.wrong("the resume key made it another client")
        self.resume, self.number = welcome["resume_key"], welcome["client_id"]
        before = {session for session, stage in self.seen.items() if stage != "stopped"}
        self.seen = {one["session_id"]: one["state"] for one in welcome["sessions"]}
        if self.role == "observer" and any("ui_url" in one for one in welcome["sessions"]):
            self.wrong("an observer was told a page's address")
        self.hearing = asyncio.create_task(self.hear())
        for session in before - self.seen.keys():
            # It ended while this client was away, and that can be found out.
            state = await self.ask({"type": "QUERY_APP_STATE", "session_id": session})
            if state["state"] != "stopped" or "end" not in state:
                self.wrong(f"session {session} is not in WELCOME, and its state is {state}")

    def wrong(self, what):
        violations.append(f"{self.name}: {what}")

    async def hear(self):
        try:
            async for text in self.socket:
                self.take(json.loads(text))
        except websockets.ConnectionClosed:
            pass

    def take(self, message):
        if "re" in message:
            reply = self.replies.pop(message["re"], None)
            if reply is None:
                self.wrong(f"a reply to nothing: {message}")
            elif not reply.done():
                reply.set_result(message)
            if message["type"] != "LAUNCH_ACK":  # which is the requester's only one
                return
        kind = message["type"]
        stage = message["state"] if kind == "APP_STATE" else kind
        if stage not in STAGES:
            return
        session, at = message["session_id"], STAGES.index(stage)
        last = self.seen.get(session)
        if at != (0 if last is None else STAGES.index(last) + 1):
            self.wrong(f"session {session}: {stage} came after {last}")
        if stage == "stopped" and "end" not in message:
            self.wrong(f"session {session}: no end")
        self.seen[session] = stage
        if waiting := self.waiting.pop((session, stage), None):
            waiting.set_result(None)

    async def ask(self, request):
        self.seq += 1
        reply = self.replies[self.seq] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({**request, "seq": self.seq}))
        return await reply

    async def reached(self, session, stage):
        if STAGES.index(self.seen[session]) < STAGES.index(stage):
            self.waiting[session, stage] = asyncio.get_running_loop().create_future()
            await self.waiting[session, stage]

    async def run_app(self):
        ack = await self.ask({"type": "LAUNCH_APP", "app_id": APP})
        if ack["type"] != "LAUNCH_ACK":
            self.wrong(f"LAUNCH_APP was answered {ack}")
            return
        session = ack["session_id"]
        await self.reached(session, "running")
        await self.ask({"type": "TERMINATE_APP", "session_id": session})
        await self.reached(session, "stopped")

    async def leave(self, politely):
        if politely:
            await self.socket.close()
        else:
            self.socket.transport.abort()
        await self.hearing


async def launch(client):
    async def some():
        for _ in range(LAUNCHES // LAUNCHERS // AT_ONCE):
            await client.run_app()

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


async def come_and_go(client, over):
    while not over.is_set():
        await client.connect()
        try:
            await asyncio.wait_for(over.wait(), random.uniform(0.01, 0.3))
        except asyncio.TimeoutError:
            pass
        await client.leave(politely=random.random() < 0.5)


async def main():
    over = asyncio.Event()
    launchers = [Client(f"launcher {i}") for i in range(LAUNCHERS)]
    listeners = [Client(f"listener {i}", role) for i, role in enumerate(("system", "observer"))]
    passing = [Client(f"passing {i}", "observer" if i % 3 == 0 else "system") for i in range(PASSING)]
    for client in launchers + listeners:
        await client.connect()
    coming = asyncio.gather(*(come_and_go(client, over) for client in passing))
    await asyncio.gather(*(launch(client) for client in launchers))
    over.set()
    await coming
    # An answer to each: what was broadcast before it has arrived.
    for client in launchers + listeners:
        await client.ask({"type": "QUERY_RUNNING"})
        await client.leave(politely=True)
    complete = min(sum(stage == "stopped" for stage in client.seen.values()) for client in launchers + listeners)
    print(json.dumps({"connections": connections, "complete": complete, "violations": violations[:20]}))


asyncio.run(main())
