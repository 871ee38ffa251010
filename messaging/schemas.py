"""Types of input that the HTTP API and the sockets share."""

from typing import Annotated

from pydantic import Field, StringConstraints

Seq = Annotated[int, Field(ge=0, le=2**63 - 1)]
Body = Annotated[str, StringConstraints(max_length=16 * 1024, pattern=r"^[^\x00]*$")]
"""The service counts bytes; this bound only keeps larger bodies from being looked at."""
