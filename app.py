"""The explorer's page: `python app.py`, or the entry point of a Hugging Face Space."""

from __future__ import annotations

import os
import sys

from vocoder.errors import InputError


def main() -> int:
    """Serves on http://127.0.0.1:7860; GRADIO_SERVER_NAME and PORT say otherwise."""
    server, port = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), os.environ.get("PORT", "7860")
    if not port.isdecimal() or not 0 < int(port) < 65_536:
        return refuse(f"PORT must be a number from 1 to 65535, not {port!r}.")
    from vocoder.ui import build_app, launch_settings, warm_up  # takes seconds, which a wrong PORT need not wait for

    try:
        app = build_app()
    except InputError as error:
        return refuse(str(error))
    try:
        app.launch(server_name=server, server_port=int(port), prevent_thread_lock=True, **launch_settings())
    except OSError:
        return refuse(f"Port {port} on {server} is taken or not ours to take; name another one, as in PORT=7861.")
    warm_up()
    app.block_thread()
    return 0


def refuse(sentence: str) -> int:
    """Says in one line what is wrong."""
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
