#!/usr/bin/env python3
"""An OpenAI-compatible provider on loopback for benchmarks: DELAY ms latency, the same reply every time.

    DELAY=100 PORT=9101 python3 benches/mock.py

Prompts that ask for a grade get a passing verdict, everything else an answer. `GET /stats` tells how many calls
were answered and how many were in flight at most, and starts counting anew.
"""
import asyncio, json, os

DELAY = float(os.environ.get("DELAY", "0")) / 1000
PORT = int(os.environ.get("PORT", "9101"))
state = {"calls": 0, "in_flight": 0, "peak": 0}


def reply(text):
    return json.dumps({
        "id": "c", "object": "chat.completion", "created": 1, "model": "mock",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }).encode()


ANSWER = reply("The answer is 42.")
VERDICT = reply('{"reason": "ok", "pass": true, "score": 1.0}')


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lower = head.lower()
            length = 0
            if b"content-length:" in lower:
                length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length) if length else b""
            if head.startswith(b"GET /stats"):
                payload = json.dumps({"calls": state["calls"], "peak": state["peak"]}).encode()
                state.update(calls=0, peak=0)
            else:
                state["in_flight"] += 1
                state["peak"] = max(state["peak"], state["in_flight"])
                if DELAY:
                    await asyncio.sleep(DELAY)
                state["in_flight"] -= 1
                state["calls"] += 1
                judge = b"ubric" in body or b"grade" in body or b"GRADE" in body
                payload = VERDICT if judge else ANSWER
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                         % (len(payload), payload))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
