"""Makes the two buckets that S3_BUCKET names: `python -m core.localstack.bucket`.

For installations whose S3 service comes empty; it needs the variables of the product alone.
"""

import os
import sys

from core.localstack import s3, signing
from core.localstack.errors import StackError


def main() -> int:
    """Make the buckets unless they exist, and return the exit code."""
    try:
        access = signing.Access(
            endpoint=os.environ["S3_ENDPOINT"].rstrip("/"),
            region=os.environ.get("S3_REGION", s3.REGION),
            access_key=os.environ["S3_ACCESS_KEY"],
            secret_key=os.environ["S3_SECRET_KEY"],
        )
        s3.create_buckets(access, os.environ.get("S3_BUCKET", "tongwen"))
    except KeyError as missing:
        print(f"The environment variable {missing} is not set.", file=sys.stderr)
        return 78
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
