"""The moto server, on a clock that is not its own.

Its interpreter of state machines runs as it is. What is replaced is how it
learns the time and how it lets time pass: both are asked of the host, which
also hears which state an execution has entered and that one has ended. The dates
of histories, those of the context object and those that IAM gives follow the same
clock.
"""

import copy
import datetime
import json
import os
import sys
import threading
import types
import urllib.request

import moto.iam.models
import moto.server
import moto.stepfunctions.models
from moto.stepfunctions.parser import models as executions
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state import state as states
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import timestamp, wait_function
from moto.stepfunctions.parser.asl.eval.event import event_manager
from moto.stepfunctions.parser.backend import execution as execution_backend

HOST = "http://127.0.0.1:" + os.environ["MOTO_PORT"] + "/engine/"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(what, env=None, **about):
    if env is not None:
        known = env.states.context_object.context_object_data
        about["execution"] = known["Execution"]["Id"]
    with OPENER.open(urllib.request.Request(HOST + what, data=json.dumps(about).encode())) as answer:
        return answer.read().decode()


class HostTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        at = datetime.datetime.fromisoformat(ask("now")).replace(tzinfo=datetime.timezone.utc)
        return at if tz else at.replace(tzinfo=None)


class WholeSeconds(HostTime):
    # A Wait's rest is cut to whole seconds; counted from whole seconds, it ends at the timestamp and not before.
    @classmethod
    def now(cls, tz=None):
        return super().now(tz).replace(microsecond=0)


def wait(self, env, wait_seconds):
    if wait_seconds > 0:
        ask("wait", env, seconds=wait_seconds)


RETRYING = threading.local()
retry = retrier_decl.RetrierDecl._eval_body


def retry_in(self, env):
    RETRYING.env = env
    retry(self, env)


enter = CommonStateField._eval_body


def entered(self, env):
    ask("entered", env, state=self.name)
    enter(self, env)


terminate = execution_backend.BaseExecutionWorkerCommunication.terminated


def terminated(self):
    terminate(self)
    ask("ended", execution=self.execution.exec_arn)


def copied(self, memo):
    # A state machine that ran cannot be copied deeply: its executions hold locks.
    twin = copy.copy(self)
    twin.executions = []
    return twin


timestamp.datetime = types.SimpleNamespace(datetime=WholeSeconds)
states.datetime = types.SimpleNamespace(datetime=HostTime, timezone=datetime.timezone)
event_manager.datetime = types.SimpleNamespace(datetime=HostTime, timezone=datetime.timezone)
execution_backend.datetime = types.SimpleNamespace(datetime=HostTime, timezone=datetime.timezone)
executions.datetime = types.SimpleNamespace(datetime=HostTime, timezone=datetime.timezone)
wait_function.WaitFunction._wait_interval = wait
retrier_decl.time = types.SimpleNamespace(sleep=lambda seconds: ask("retry", RETRYING.env, seconds=seconds))
retrier_decl.RetrierDecl._eval_body = retry_in
CommonStateField._eval_body = entered
execution_backend.BaseExecutionWorkerCommunication.terminated = terminated
moto.stepfunctions.models.StateMachine.__deepcopy__ = copied
moto.iam.models.utcnow = HostTime.now


def end_with_the_host():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_the_host, daemon=True).start()
moto.server.main(["-H", "127.0.0.1", "-p", "0"])
