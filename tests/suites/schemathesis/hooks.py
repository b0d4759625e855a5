"""What schemathesis cannot make up: addresses that the lab knows, and an edge's signature."""

import hashlib
import hmac
import itertools
import json
import os
import time
import zlib
from urllib.parse import urlsplit

import requests
import schemathesis

SECRET = os.environ["RCPT_SECRET"].encode()
with open(os.environ["RCPT_ADDRESSES"], encoding="utf-8") as lines:
    ADDRESSES = [json.loads(line)["address"] for line in lines]


@schemathesis.hook
def map_body(context, body):
    """Random texts are hardly ever addresses; every other one becomes one of the lab's."""
    if isinstance(body, dict):
        body = {name: known(name, value) for name, value in body.items()}
        # Nobody has a minute for each question. What is too long has to be refused.
        if isinstance(body.get("deadline_ms"), int) and 300 < body["deadline_ms"] <= 60_000:
            body["deadline_ms"] = 50 + body["deadline_ms"] % 250
    return body


def known(name, value):
    """The lab's in place of a text that is to be an address."""
    if name == "emails" and isinstance(value, list):
        return [known("email", one) for one in value]
    if name in ("email", "to_email", "mailbox") and isinstance(value, str):
        # By the text itself, so that the same run asks the same.
        number = zlib.crc32(value.encode("utf-8", "surrogatepass"))
        return ADDRESSES[number // 2 % len(ADDRESSES)] if number % 2 else value
    return value


class Edge(requests.auth.AuthBase):
    """Signs as an edge does: `<t> LF <METHOD> LF <path> LF <body>`."""

    seconds = itertools.cycle(range(250))

    def __call__(self, request):
        # Equal requests of one second would be replays.
        now, body = int(time.time()) - next(self.seconds), request.body or b""
        body = body.encode() if isinstance(body, str) else body
        signed = f"{now}\n{request.method}\n{urlsplit(request.url).path}\n".encode() + body
        request.headers["rcpt-signature"] = f"t={now},v1={hmac.new(SECRET, signed, hashlib.sha256).hexdigest()}"
        return request


schemathesis.auth.set_from_requests(Edge()).apply_to(path="/v1/probe")


class Key(requests.auth.AuthBase):
    """Whoever gives jobs has a key."""

    def __call__(self, request):
        request.headers["authorization"] = "Bearer jobs-key"
        return request


schemathesis.auth.set_from_requests(Key()).apply_to(path_regex="^/v1/jobs")


@schemathesis.serializer("application/jsonl")
def lines(context, value):
    """A list is a text, whatever its form."""
    return str(value).encode("utf-8", "surrogatepass")
