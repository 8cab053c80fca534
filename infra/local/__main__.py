"""`python -m infra.local`: run the system, play the demo; tokens, question banks, the audit, the clock."""

import argparse
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

from infra.local.errors import LocalError

INTERRUPTED = 130  # what a shell calls a command that Ctrl-C broke off; a server that Ctrl-C ends has ended well

# The commands import what they need when they run, so that a missing package is told in one line, and `token`
# does not wait for the engine's half second.


def main(arguments: list[str] | None = None) -> int:
    """The exit status; what the user can mend is one line on stderr."""
    options = _parser().parse_args(arguments)
    _end_on_signals()
    try:
        return int(options.command(options))
    except KeyboardInterrupt:
        print("\nended")
        return int(options.interrupted)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(
            f"error: the package '{error.name}' is not installed here; `make run` sets up .venv, "
            "or take .venv/bin/python",
            file=sys.stderr,
        )
        return 1


def _run(options: argparse.Namespace) -> int:
    from infra.local.run import run  # noqa: PLC0415

    run(options.port, options.engine)
    return 0


def _demo(options: argparse.Namespace) -> int:
    from infra.local.demo import demo  # noqa: PLC0415

    return demo(options.engine)


def _token(options: argparse.Namespace) -> int:
    from infra.local.issuer import STATE, Issuer  # noqa: PLC0415

    print(
        Issuer(STATE).token(
            options.sub,
            at=datetime.now(UTC),
            name=options.name,
            email=options.email,
            groups=options.group,
            lifetime=timedelta(hours=options.hours),
        )
    )
    return 0


def _import(options: argparse.Namespace) -> int:
    from infra.local.bank_import import FORMATS, attach_bank, import_bank  # noqa: PLC0415
    from shared.domain.ids import EditionId, ModuleId  # noqa: PLC0415

    if options.format not in (None, *FORMATS):
        raise LocalError(f"there is no format '{options.format}'; take one of {', '.join(FORMATS)}")
    status = import_bank(options.file, options.format, options.output)
    if options.module:
        draft = EditionId(ModuleId(options.module), options.edition)
        return attach_bank(options.file, options.format, draft, options.server.rstrip("/"), _token_for("author"))
    return status


def _audit(options: argparse.Namespace) -> int:
    from infra.local.audit import verify_audit  # noqa: PLC0415

    return verify_audit(options.server.rstrip("/"), _token_for("admin"))


def _token_for(group: str) -> str:
    """The token in CME_TOKEN, else one of the local issuer."""
    from infra.local.issuer import STATE, Issuer  # noqa: PLC0415

    return os.environ.get("CME_TOKEN") or Issuer(STATE).token("command-line", at=datetime.now(UTC), groups=[group])


def _clock(options: argparse.Namespace) -> int:
    from infra.local.clock_command import move_clock  # noqa: PLC0415

    return move_clock(options.server.rstrip("/"), options.advance)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local", description="The whole system on this machine, without AWS."
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    run = commands.add_parser("run", help="serve it with the sample in it, until Ctrl-C")
    run.add_argument("--port", type=_port, default=8000, help="port on 127.0.0.1, 0 for a free one (8000)")
    run.set_defaults(command=_run, interrupted=0)

    demo = commands.add_parser("demo", help="play the whole journey in the terminal; the PDFs go to build/demo")
    demo.set_defaults(command=_demo, interrupted=INTERRUPTED)

    for command in (run, demo):
        command.add_argument(
            "--engine",
            default="moto",
            help="where the state is kept: moto, in this process, or ministack (moto)",
        )

    token = commands.add_parser("token", help="print an id token of the local issuer, good for every running server")
    token.add_argument("--sub", required=True, help="who it is for, such as dr-a")
    token.add_argument("--name", help="full name (the sub)")
    token.add_argument("--email", help="e-mail address (sub@example.org)")
    token.add_argument("--group", action="append", help="admin or author; may be given more than once")
    token.add_argument("--hours", type=float, default=24, help="how long it is good (24)")
    token.set_defaults(command=_token, interrupted=INTERRUPTED)

    bank = commands.add_parser("import", help="read a question bank of any format that is known")
    bank.add_argument("file", type=Path, help="the bank")
    bank.add_argument("--format", help="json, gift, aiken, moodle, qti or package (what the file's name says)")
    bank.add_argument("--output", type=Path, help="write the bank there as JSON, as authors send it")
    bank.add_argument(
        "--module",
        help="attach it to a draft of this module at a running server; an author's token may be in CME_TOKEN",
    )
    bank.add_argument("--edition", type=int, default=1, help="of this edition (1)")
    bank.set_defaults(command=_import, interrupted=INTERRUPTED)

    audit = commands.add_parser("audit", help="check that the audit's chain holds; an admin's token is in CME_TOKEN")
    audit.set_defaults(command=_audit, interrupted=INTERRUPTED)

    clock = commands.add_parser("clock", help="tell a running server's time, or move it ahead and see what happens")
    clock.add_argument("--advance", type=_duration, help="how far: 30d, 6h, 15m or 1d12h")
    clock.set_defaults(command=_clock, interrupted=INTERRUPTED)

    for command in (bank, audit, clock):
        command.add_argument(
            "--server", default="http://127.0.0.1:8000", help="address of the server (http://127.0.0.1:8000)"
        )
    return parser


def _duration(text: str) -> timedelta:
    from infra.local.clock_command import duration  # noqa: PLC0415

    try:
        return duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"'{text}' is not a port (0 to 65535)")
    return int(text)


def _end_on_signals() -> None:
    """SIGTERM ends as Ctrl-C does. Once: a second one must not break off the closing."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # a script's `&` leaves it ignored
        signal.signal(signal.SIGINT, end)


if __name__ == "__main__":
    sys.exit(main())
