"""A stand-in for S3, which can be stopped and started again with what it holds."""

from __future__ import annotations

import boto3
import httpx
from moto.server import ThreadedMotoServer

from engine.model.places.lake import s3_access

BUCKET, REGION, KEY, SECRET = "replicas", "eu-west-1", "the-key", "the-secret-key"


class StandIn:
    """A server on a port of the loopback address, with one bucket."""

    place = f"s3://{BUCKET}/some/place"

    def __init__(self) -> None:
        self._port = 0
        self.start()
        self.access = s3_access(
            {
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_REGION": REGION,
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._port}",
            }
        )
        # What one of these holds is in the memory of the whole process, where another may have been before.
        httpx.post(f"{self.access.endpoint}/moto-api/reset", timeout=60).raise_for_status()
        client = boto3.client(
            "s3",
            endpoint_url=self.access.endpoint,
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def start(self) -> None:
        """Start the server, on the port that it had before."""
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self._port, verbose=False)
        self._server.start()
        _, self._port = self._server.get_host_and_port()

    def stop(self) -> None:
        """Stop the server. What it holds stays."""
        self._server.stop()
