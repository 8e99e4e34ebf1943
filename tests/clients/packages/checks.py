"""Says for each check `ok NAME` or `not ok NAME: why`; the exit code is 1 if one failed."""

import signal
import sys

failed = False


def check(name, timeout_seconds=120):
    """Runs a check at once and says how it went."""

    def run(work):
        global failed
        # What waits for a thing that never happens must end as well.
        signal.alarm(timeout_seconds)
        try:
            work()
            print(f"ok {name}", flush=True)
        except Exception as error:
            why = f"{type(error).__name__} {error}".replace("\n", " ")
            print(f"not ok {name}: {why}", flush=True)
            failed = True
        finally:
            signal.alarm(0)

    return run


def finish():
    """Ends the program."""
    sys.exit(1 if failed else 0)


def out_of_time(_signal, _frame):
    raise TimeoutError("the check did not end in time")


signal.signal(signal.SIGALRM, out_of_time)
