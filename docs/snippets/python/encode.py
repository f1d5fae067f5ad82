"""Print an image file as base64, on one line."""

import base64
import os
from pathlib import Path

content = Path(os.environ.get("IMAGE", "Corgi.jpg")).read_bytes()
base64_string = base64.b64encode(content).decode("utf-8")
print(base64_string)
