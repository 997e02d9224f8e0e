"""The explorer's page: `python app.py`, or the entry point of a Hugging Face Space."""

from __future__ import annotations

import os
import sys

from vocoder.errors import InputError
from vocoder.ui import build_app, launch_settings


def main() -> None:
    """Serves on http://127.0.0.1:7860; GRADIO_SERVER_NAME and PORT say otherwise."""
    try:
        app = build_app()
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    server = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")
    app.launch(server_name=server, server_port=int(os.environ.get("PORT", "7860")), **launch_settings())


if __name__ == "__main__":
    main()
