#!/usr/bin/env python3
"""Runs plugin calls for the benchmark, and measures each of them.

Node cannot tell what a single child process has used; wait4(2) can. So this small resident process
starts the calls (posix_spawn, standard streams in memory files: no pipes, no threads), for every
contender alike. One JSON request per line on standard input, one JSON answer per line on standard output:

    {"atOnce": 20, "sample": false, "calls": [{"argv": [...], "env": {...}, "stdin": "..."}, ...]}
    {"wallMs": 1.2, "settledMs": 1.2, "strayCpuMs": 0.0, "launcherCpuMs": 0.3, "calls":
        [{"atMs": 5.0, "ms": 1.1, "code": 0, "cpuMs": 0.9, "stdout": "", "stderr": "", "peakKb": 0, "anonKb": 0}, ...]}

atMs: when it was started, on a clock of the launcher's. ms: from spawn to end. cpuMs: user and system time of the process and of all that it waited for.
wallMs: first spawn to last end. strayCpuMs: of processes that calls left behind; settledMs: until those have ended too.
peakKb, anonKb: highest VmHWM and RssAnon seen while it ran; only with "sample" (which keeps one core busy: such a run is not timed).
"""
import ctypes
import json
import os
import resource
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
BATCH_LIMIT_S = 120


def main():
    # Processes that outlive a call become ours, so that their time is counted too.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for line in sys.stdin:
        print(json.dumps(run_batch(json.loads(line))), flush=True)


def run_batch(batch):
    calls = batch["calls"]
    results = [None] * len(calls)
    running = {}
    following = 0
    stray_cpu_ms = 0.0
    own_before = cpu_ms(resource.getrusage(resource.RUSAGE_SELF))
    signal.signal(signal.SIGALRM, end_all)
    signal.alarm(BATCH_LIMIT_S)
    begin = time.monotonic()
    while following < len(calls) or running:
        while following < len(calls) and len(running) < batch["atOnce"]:
            started = start(calls[following])
            running[started["pid"]] = {**started, "index": following}
            following += 1
        if batch.get("sample"):
            for pid, entry in running.items():
                watch_memory(pid, entry)
        pid, status, usage = os.wait4(-1, os.WNOHANG if batch.get("sample") else 0)
        if pid == 0:
            continue
        entry = running.pop(pid, None)
        if entry is None:
            stray_cpu_ms += cpu_ms(usage)
        else:
            results[entry["index"]] = finish(entry, status, usage)
    end = time.monotonic()
    stray_cpu_ms += reap_strays()
    signal.alarm(0)
    return {
        "wallMs": (end - begin) * 1e3,
        "settledMs": (time.monotonic() - begin) * 1e3,
        "strayCpuMs": stray_cpu_ms,
        "launcherCpuMs": cpu_ms(resource.getrusage(resource.RUSAGE_SELF)) - own_before,
        "calls": results,
    }


def end_all(*_):
    # Whoever loses its parent by that becomes ours, and is ended a second later.
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as children:
        for pid in children.read().split():
            os.kill(int(pid), signal.SIGKILL)
    signal.alarm(1)


def start(call):
    files = [os.memfd_create(name) for name in ("stdin", "stdout", "stderr")]
    os.pwrite(files[0], call["stdin"].encode(), 0)
    actions = [(os.POSIX_SPAWN_DUP2, file, number) for number, file in enumerate(files)]
    argv = call["argv"]
    at = time.monotonic()
    pid = os.posix_spawnp(argv[0], argv, call["env"], file_actions=actions)
    return {"pid": pid, "at": at, "files": files, "peakKb": 0, "anonKb": 0}


def finish(entry, status, usage):
    ended = time.monotonic()
    _, stdout, stderr = [read_all(file) for file in entry["files"]]
    return {
        "atMs": entry["at"] * 1e3,
        "ms": (ended - entry["at"]) * 1e3,
        "code": os.waitstatus_to_exitcode(status),
        "cpuMs": cpu_ms(usage),
        "stdout": stdout,
        "stderr": stderr,
        "peakKb": entry["peakKb"],
        "anonKb": entry["anonKb"],
    }


def read_all(file):
    content = os.pread(file, os.fstat(file).st_size, 0)
    os.close(file)
    return content.decode(errors="replace")


def reap_strays():
    total = 0.0
    while True:
        try:
            total += cpu_ms(os.wait4(-1, 0)[2])
        except ChildProcessError:
            return total


def watch_memory(pid, entry):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    entry["peakKb"] = max(entry["peakKb"], int(line.split()[1]))
                elif line.startswith("RssAnon:"):
                    entry["anonKb"] = max(entry["anonKb"], int(line.split()[1]))
    except (FileNotFoundError, ProcessLookupError):
        pass


def cpu_ms(usage):
    return (usage.ru_utime + usage.ru_stime) * 1e3


if __name__ == "__main__":
    main()
