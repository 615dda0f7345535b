"""Walks that begin alike make one job, with one layer; jobs run side by side."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass, field

from .follow import go_on, install, say, speak_as
from .markdown import GuideError, read
from .suites import Suite
from .walks import COMMAND


@dataclass(eq=False)
class Job:
    """One layer, which is a system in which packages and build are done, and the walks that go on from there.

    walk: the one by which the layer is made. observer: the job whose layer has the command, for walks whose own has not; it
    has ended before this begins."""

    suite: Suite
    walk: object
    key: str
    walks: list = field(default_factory=list)
    observer: "Job | None" = None

    @property
    def folder(self):
        """Where its layer is."""
        return self.suite.layers / hashlib.sha256(self.key.encode()).hexdigest()[:12]

    @property
    def failures(self):
        """The file that names the walks that failed."""
        return self.suite.log.with_suffix(".failed")


def _key(walk):
    steps = [(step.action, step.value, step.text) for step in walk.parts()[0] if step.action != "skip"]
    return repr((read(walk.guide).needed(walk.ways), walk.takes_packages(), steps))


def plan(walks, suites, short):
    """The jobs for these walks in these releases, in an order in which each comes behind its observer."""
    jobs = {}

    def job_of(walk, suite):
        key = _key(walk)
        name = f"{suite.name}-{len(jobs) + 1}"
        return jobs.setdefault((suite.name, key), Job(suite.for_job(name), walk, key))

    for walk in walks:
        for suite in suites:
            observed = not short and walk.scene == "publish" and not walk.takes_packages()
            observer = job_of(COMMAND, suite) if observed else None
            job = job_of(walk, suite)
            job.walks.append(walk)
            job.observer = observer
    return list(jobs.values())


def run(jobs, places, short, keep):
    """Runs them, so many side by side; returns the walks that failed, as text."""
    waiting, running, ended = list(jobs), {}, []
    while waiting or running:
        for job in [job for job in waiting if job.observer is None or job.observer in ended]:
            if len(running) < places:
                waiting.remove(job)
                running[_start(job, short, keep)] = job
        pid, status = os.wait()
        if pid not in running:  # what a command left behind
            continue
        job = running.pop(pid)
        ended.append(job)
        if status and not job.failures.exists():
            job.failures.write_text(f"{job.walk}, {job.suite.name}\n")
        if not keep and not any(other.observer is job for other in waiting + list(running.values())):
            _forget(job)
    return [line for job in jobs if job.failures.exists() for line in job.failures.read_text().splitlines()]


def _start(job, short, keep):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            code = _work(job, short, keep)
        except BaseException:  # of a process that never returns to its caller
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    return pid


def _work(job, short, keep):
    began = time.monotonic()
    speak_as(job.suite.job)
    say(f"begins: {'; '.join(map(str, job.walks or [job.walk]))}")
    failed = []
    try:
        mark = job.folder / "done"
        if keep and mark.exists():
            say("         packages and build as in the run before (--keep)")
        else:
            install(job.walk, job.suite, job.folder)
            mark.touch()
        for walk in job.walks:
            if walk.parts()[1] and not short:
                failed += _go_on(job, walk)
    except GuideError as error:
        say(f"FAILED: {job.walk}: {error}\nAll output: {job.suite.log}")
        failed = job.walks or [job.walk]
    if failed:
        job.failures.write_text("".join(f"{walk}, {job.suite.name}\n" for walk in failed))
    say(f"{time.monotonic() - began:6.0f} s in all")
    return 1 if failed else 0


def _go_on(job, walk):
    began = time.monotonic()
    say(f"goes on: {walk}")
    if job.observer:
        say(f"         for mta-sts check, another host: {COMMAND}")
    if go_on(walk, job.suite, job.folder, job.observer.folder if job.observer else None):
        say(f"FAILED: {walk}\nAll output: {job.suite.log}")
        return [walk]
    say(f"{time.monotonic() - began:6.0f} s  {walk}")
    return []


def _forget(job):
    if job.folder.is_mount():
        subprocess.run(["umount", "-l", job.folder], check=True)
    shutil.rmtree(job.folder, ignore_errors=True)
