#!/usr/bin/env python3
"""A small S3: GET and PUT of objects in one bucket, for requests that are signed as Amazon's SigV4 wants it. All others are refused.

usage: s3_server.py PORT FOLDER BUCKET KEY_ID SECRET REGION [SESSION_TOKEN]

The bucket is named in the path or in the host's name; the objects are files of the folder, named by the path that was asked for. What comes
to refuse is said as S3 does, in XML. Before it serves, it makes the signature of an example that Amazon has published.
"""
import hashlib
import hmac
import http.server
import pathlib
import sys
import urllib.parse
from datetime import datetime, timedelta, timezone

NOTHING = hashlib.sha256(b"").hexdigest()


def signature(secret, region, method, path, query, headers, signed, body_hash):
    """By https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html; `headers` have lower-case names."""
    date = headers["x-amz-date"]
    canonical = "\n".join(
        [method, urllib.parse.quote(urllib.parse.unquote(path)), query]
        + [f"{name}:{' '.join(headers[name].split())}" for name in signed]
        + ["", ";".join(signed), body_hash]
    )
    scope = f"{date[:8]}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + secret).encode()
    for part in (date[:8], region, "s3", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return scope, key.hex()


def check_example():
    """The first example of that page: if this differs, the server is wrong, and nothing that it accepts means anything."""
    headers = {"host": "examplebucket.s3.amazonaws.com", "range": "bytes=0-9", "x-amz-content-sha256": NOTHING, "x-amz-date": "20130524T000000Z"}
    _, made = signature("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", "GET", "/test.txt", "", headers, sorted(headers), NOTHING)
    assert made == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", made


class Bucket(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, code):
        self.answer(status, f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode())

    def why_not(self, body):
        """None for a request that is signed as it should be."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "authorization" not in headers:
            return 403, "AccessDenied"
        algorithm, _, rest = headers["authorization"].partition(" ")
        given = dict(part.strip().split("=", 1) for part in rest.split(","))
        signed = given["SignedHeaders"].split(";")
        must = {"host", "x-amz-date", "x-amz-content-sha256"} | {name for name in headers if name.startswith("x-amz-")}
        if algorithm != "AWS4-HMAC-SHA256" or signed != sorted(signed) or not must <= set(signed):
            return 400, "AuthorizationHeaderMalformed"
        if headers.get("x-amz-security-token") != session_token:
            return 400, "InvalidToken"
        if headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
            return 400, "XAmzContentSHA256Mismatch"
        when = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        if abs(datetime.now(timezone.utc) - when) > timedelta(minutes=15):
            return 403, "RequestTimeTooSkewed"
        path, _, query = self.path.partition("?")
        scope, made = signature(secret, region, self.command, path, query, headers, signed, headers["x-amz-content-sha256"])
        if given["Credential"] != f"{key_id}/{scope}":
            return 403, "InvalidAccessKeyId"
        return None if hmac.compare_digest(given["Signature"], made) else (403, "SignatureDoesNotMatch")

    def serve(self, act):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if refusal := self.why_not(body):
            return self.refuse(*refusal)
        in_host = self.headers["Host"].startswith(bucket + ".")
        name = self.path.lstrip("/") if in_host else self.path.removeprefix(f"/{bucket}/")
        if not in_host and name == self.path:
            return self.refuse(404, "NoSuchBucket")
        return act(folder / name, body)

    def do_GET(self):
        self.serve(lambda file, _: self.answer(200, file.read_bytes()) if file.is_file() else self.refuse(404, "NoSuchKey"))

    def do_PUT(self):
        self.serve(self.put)

    def put(self, file, body):
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_suffix(f".{id(body)}")
        aside.write_bytes(body)
        aside.rename(file)
        self.answer(200)


if __name__ == "__main__":
    check_example()
    folder, bucket, key_id, secret, region = pathlib.Path(sys.argv[2]), *sys.argv[3:7]
    session_token = sys.argv[7] if len(sys.argv) > 7 else None
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Bucket).serve_forever()
