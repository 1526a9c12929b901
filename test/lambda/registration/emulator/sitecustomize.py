"""What the local AWS needs for tests of rights; Python imports this module at its start.

`cdk deploy` works only while it enforces nothing, so enforcement is switched on by a signal after that.
Condition keys are made as AWS makes them: `aws:PrincipalArn` of a session is its role's ARN, and
`lambda:SourceFunctionArn` is there for sessions that Lambda made, which are named after the function. The
resource of `ssm:GetParametersByPath` is its path, as in the service authorization reference, and not `*`.
KMS's condition keys of a signature are those of the request.
"""

import contextvars
import json
import signal
import sys

from ministack.core import iam_actions, iam_evaluator

_resolve = iam_evaluator._resolve_condition_key
_resource = iam_actions.extract_resource_arn

# KMS's own condition keys of the request that is judged.
_kms = contextvars.ContextVar("kms", default={})

# The local AWS speaks HTTP; policies that ask for TLS are for the real one.
_TLS = {"aws:securetransport": "true", "s3:tlsversion": "1.3"}


def _session(ctx):
    """Account, role and session of an assumed role's ARN."""
    parts = ctx.principal_arn.split(":")
    if len(parts) != 6 or not parts[5].startswith("assumed-role/"):
        return None
    _, role, session = parts[5].split("/", 2)
    return parts[4], role, session


def _resolve_as_aws_does(key, ctx):
    session = _session(ctx)
    name = key.lower()
    if session and name == "aws:principalarn":
        return f"arn:aws:iam::{session[0]}:role/{session[1]}"
    if name.startswith("kms:"):
        return _kms.get().get(name)
    if name in _TLS:
        return _TLS[name]
    if name == "lambda:sourcefunctionarn":
        if not session or "Function" not in session[2]:
            return None
        return f"arn:aws:lambda:{ctx.region}:{session[0]}:function:{session[2]}"
    return _resolve(key, ctx)


def _resource_as_aws_does(service, method, path, headers, body, query_params, region, account_id):
    if service == "kms":
        asked = json.loads(body or b"{}")
        _kms.set({"kms:messagetype": asked.get("MessageType"), "kms:signingalgorithm": asked.get("SigningAlgorithm")})
    found = _resource(service, method, path, headers, body, query_params, region, account_id)
    if service != "ssm" or found != "*":
        return found
    wanted = json.loads(body or b"{}").get("Path")
    return f"arn:aws:ssm:{region}:{account_id}:parameter{wanted}" if wanted else found


def _switch(value):
    def handler(_signal, _frame):
        sys.modules["ministack.app"].AUTH = value
        print(f"enforcement is {'on' if value else 'off'}", flush=True)

    return handler


iam_evaluator._resolve_condition_key = _resolve_as_aws_does
iam_actions.extract_resource_arn = _resource_as_aws_does
signal.signal(signal.SIGUSR1, _switch(True))
signal.signal(signal.SIGUSR2, _switch(False))
