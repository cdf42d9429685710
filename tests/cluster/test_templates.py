"""The cluster files, as far as they can be checked without a cluster; `make test-cluster` runs the scripts for real."""

import copy
import os
import re
import shutil
import subprocess

import pytest
import yaml

from tests.projects import REPOSITORY

CLUSTER = REPOSITORY / "launch/cluster"
TEXT, NUMBER, FLAG, ANY = str, int, bool, object
POD = {
    "restartPolicy": TEXT, "terminationGracePeriodSeconds": NUMBER, "nodeSelector": {ANY: TEXT},
    "containers": [{
        "name": TEXT, "image": TEXT, "command": [TEXT], "args": [TEXT], "ports": [{"containerPort": NUMBER}],
        "resources": {"requests": {ANY: NUMBER}, "limits": {ANY: NUMBER}},
        "volumeMounts": [{"name": TEXT, "mountPath": TEXT}],
    }],
    "volumes": [{"name": TEXT, "persistentVolumeClaim": {"claimName": TEXT}}],
}  # fmt: skip
JOB = {
    "parallelism": NUMBER, "completions": NUMBER, "completionMode": ("Indexed", "NonIndexed"), "backoffLimit": NUMBER,
    "podFailurePolicy": {"rules": [{
        "action": ("FailJob", "Ignore", "Count", "FailIndex"),
        "onExitCodes": {"containerName": TEXT, "operator": ("In", "NotIn"), "values": [NUMBER]},
    }]},
    "template": {"spec": POD},
}  # fmt: skip
JOBSET = {  # the fields of JobSet v1alpha2 that the manifest uses
    "apiVersion": ("jobset.x-k8s.io/v1alpha2",),
    "kind": ("JobSet",),
    "metadata": {"name": TEXT, "annotations": {ANY: TEXT}},
    "spec": {
        "network": {"enableDNSHostnames": FLAG},
        "failurePolicy": {"maxRestarts": NUMBER, "rules": [
            {"name": TEXT, "action": ("FailJobSet", "RestartJobSet"), "onJobFailureReasons": [TEXT]},
        ]},
        "replicatedJobs": [{"name": TEXT, "replicas": NUMBER, "template": {"spec": JOB}}],
    },
}  # fmt: skip


def conforms(value, shape):
    """Whether a document has the fields that are expected, all of them and no others, each of its type."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return False
        if ANY in shape:
            return all(conforms(item, shape[ANY]) for item in value.values())
        return value.keys() == shape.keys() and all(conforms(value[name], shape[name]) for name in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and bool(value) and all(conforms(item, shape[0]) for item in value)
    return value in shape if isinstance(shape, tuple) else type(value) is shape


def manifest():
    return yaml.safe_load((CLUSTER / "run.jobset.yaml").read_text())


def test_the_jobset_has_the_fields_of_its_schema_and_agrees_with_itself():
    document = manifest()
    assert conforms(document, JOBSET)
    hosts = document["spec"]["replicatedJobs"][0]
    job, pod = hosts["template"]["spec"], hosts["template"]["spec"]["template"]["spec"]
    (command,) = pod["containers"][0]["args"]
    assert f"--processes={job['completions']} " in command
    assert (
        f"--coordinator={document['metadata']['name']}-{hosts['name']}-0-0.{document['metadata']['name']}:" in command
    )
    assert 75 not in job["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"]
    assert "NOT RUN" in (CLUSTER / "run.jobset.yaml").read_text()


@pytest.mark.parametrize("spoil", [
    lambda d: d["spec"].pop("replicatedJobs"),
    lambda d: d["spec"].update(replicatedJob=1),
    lambda d: d["spec"]["failurePolicy"].update(maxRestarts="many"),
    lambda d: d["spec"]["failurePolicy"]["rules"][0].update(action="Hope"),
])  # fmt: skip
def test_a_spoilt_manifest_does_not_conform(spoil):
    document = copy.deepcopy(manifest())
    spoil(document)
    assert not conforms(document, JOBSET)


@pytest.mark.parametrize("name", ["one_host.sh", "sweep.sbatch", "run.sbatch"])
def test_scripts_parse(name):
    subprocess.run(["bash", "-n", str(CLUSTER / name)], check=True, timeout=10)
    assert os.access(CLUSTER / "one_host.sh", os.X_OK)


@pytest.mark.parametrize(
    ("script", "flags"), [("sweep.sbatch", ("--shard", "--of")), ("run.sbatch", ("--distributed",))]
)
def test_scripts_give_flags_that_exist(script, flags):
    text = (CLUSTER / script).read_text()
    known = "".join(path.read_text() for path in (REPOSITORY / "launch/worker.py", REPOSITORY / "core/run/request.py"))
    for flag in flags:
        assert flag in text
        assert re.search(rf'"{flag[2:]}"', known), flag


def test_without_packages_and_without_apt_the_check_says_one_line(tmp_path):
    done = subprocess.run(
        [shutil.which("bash"), str(CLUSTER / "one_host.sh"), "check"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    assert done.returncode == 3
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert "SLURM is not installed" in done.stderr
