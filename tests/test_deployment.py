"""What those who deploy are given: image, compose file, manifests. They are read and held to what makes them safe.

None of them is run here: that takes a container engine, or a cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.people.failures import place_of
from cds_hooks.settings import TABLE, load_settings
from tests.plain_yaml import read, read_all
from tests.test_server import Server
from tests.test_settings import SECRET

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
KUBERNETES = ROOT / "cds_hooks" / "deploy" / "kubernetes"
COMPOSE = read(ROOT / "compose.yaml")
OURS = {name: one for name, one in COMPOSE["services"].items() if name in ("upgrade", "desk-a", "desk-b")}
CADDYFILE = (ROOT / "cds_hooks" / "deploy" / "Caddyfile").read_text("utf-8")


def manifests() -> dict[str, Any]:
    found = [one for file in sorted(KUBERNETES.glob("*.yaml")) for one in read_all(file)]
    return {one["kind"]: one for one in found}


MANIFESTS = manifests()
PODS = [
    MANIFESTS["Deployment"]["spec"]["template"],
    MANIFESTS["Job"]["spec"]["template"],
    MANIFESTS["CronJob"]["spec"]["jobTemplate"]["spec"]["template"],
]
OWN_AUTHORITY = ROOT / "cds_hooks" / "deploy" / "own-authority"


def containers() -> Iterator[dict[str, Any]]:
    for pod in PODS:
        yield from pod["spec"]["containers"]


def as_environment(listed: list[dict[str, str]]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in listed}


def desk() -> dict[str, Any]:
    found: dict[str, Any] = PODS[0]["spec"]["containers"][0]
    return found


def would_start(environment: dict[str, str], tmp_path: Path) -> Any:
    """The settings of a container, its secrets lying where they are mounted; raises when it would not start."""
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "database").write_text("postgresql://ldn:hush@db.example.org/ldn")
    files = {"LDN_SECRET_FILE": str(tmp_path / "secret"), "LDN_DATABASE_FILE": str(tmp_path / "database")}
    assert set(files) <= set(environment), "the secrets are files"
    return load_settings({**environment, **files}, {"host": "0.0.0.0", "port": 8000})  # noqa: S104


# The image


def test_the_image_runs_as_a_number_that_is_nobody():
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert DOCKERFILE.count("\nFROM ") == 2, "what builds is not what runs"
    (user, group) = re.findall(r"^USER (\d+):(\d+)$", last, re.MULTILINE)[-1]
    assert int(user) >= 10001
    assert int(group) >= 10001


def test_the_image_asks_itself_in_python():
    (check,) = re.findall(r"^HEALTHCHECK .*\n\s+CMD (.*)$", DOCKERFILE, re.MULTILINE)
    assert check.startswith('["python", "-c"')
    assert "/readyz" in check
    assert not re.search(r"\b(curl|wget|apt-get)\b", DOCKERFILE)


def test_the_image_says_what_it_is_and_how_to_pin_what_it_stands_on():
    for label in ("title", "description", "version", "revision", "licenses"):
        assert f"org.opencontainers.image.{label}=" in DOCKERFILE
    assert "@sha256:" in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE
    assert ":latest" not in DOCKERFILE


def test_nothing_is_written_but_the_database_and_to_the_temporary_folder(tmp_path: Path):
    """So that the root of the image may be read-only."""
    for name in ("here", "tmp", "data"):
        (tmp_path / name).mkdir()
    database = f"sqlite:///{tmp_path / 'data' / 'ldn.sqlite3'}"
    server = Server(tmp_path / "here", TMPDIR=str(tmp_path / "tmp"), LDN_DATABASE=database)
    assert server.ask("GET", "/readyz")[0] == 200
    server.end()
    assert list((tmp_path / "here").iterdir()) == []


# compose.yaml


def test_compose_has_two_replicas_behind_a_proxy_on_one_database():
    services = COMPOSE["services"]
    # Written out: Compose 2.24.6 refuses to extend a service that waits for another, 2.32.0 then waits for none.
    assert services["desk-b"] == services["desk-a"]
    assert not [name for name, one in services.items() if "extends" in one]
    assert "./cds_hooks/deploy/Caddyfile:/etc/caddy/Caddyfile:ro" in services["proxy"]["volumes"]
    assert "reverse_proxy desk-a:8000 desk-b:8000 {" in CADDYFILE
    assert "health_uri /readyz" in CADDYFILE
    assert [name for name, one in services.items() if "ports" in one] == ["proxy"]
    assert services["database"]["image"].startswith("postgres:")


def test_the_proxy_looks_at_all_who_are_ready_before_it_gives_up():
    """A round robin is moved on by calls beside it, and may meet the one that stops twice."""
    (policy,) = re.findall(r"^\s*lb_policy (\w+)$", CADDYFILE, re.MULTILINE)
    assert policy in {"least_conn", "random", "first"}


def test_the_proxy_can_hand_a_call_to_the_other_replica_when_the_first_is_gone():
    """A body that was not kept is gone at the second try; one that was not seen to fail is tried again itself."""
    (kept,) = re.findall(r"^\s*request_buffers (\w+)$", CADDYFILE, re.MULTILINE)
    assert re.findall(r"^\s*max_size (\w+)$", CADDYFILE, re.MULTILINE) == [kept]
    assert re.findall(r"^\s*fail_duration \d+s$", CADDYFILE, re.MULTILINE)


def test_the_proxy_offers_no_protocol_whose_port_is_closed():
    assert COMPOSE["services"]["proxy"]["ports"] == ["443:443"], "TCP alone"
    assert re.findall(r"^\s*protocols (.*)$", CADDYFILE, re.MULTILINE) == ["h1 h2"]


@pytest.mark.parametrize("service", ["desk-a", "desk-b"])
def test_where_somebody_signs_in_from_is_told_by_the_proxy(service: str, tmp_path: Path):
    """Else all who sign in come from one place, and the mistakes of one keep everybody out."""
    trusted = would_start(COMPOSE["services"][service]["environment"], tmp_path).proxy_networks
    for network in COMPOSE["networks"].values():
        (subnet,) = network["ipam"]["config"]
        proxy = str(ip_network(subnet["subnet"])[5])
        assert place_of(proxy, "192.168.1.7", trusted) == "192.168.1.7"


def test_compose_upgrades_the_tables_once_before_anybody_answers():
    services = COMPOSE["services"]
    assert services["upgrade"]["command"] == ["db", "upgrade"]
    assert services["upgrade"]["restart"] == "no"
    for name in ("desk-a", "desk-b"):
        assert services[name]["depends_on"] == {"upgrade": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize("service", list(OURS))
def test_what_compose_starts_may_do_little_and_would_start(service: str, tmp_path: Path):
    one = COMPOSE["services"][service]
    assert one["read_only"] is True
    assert one["tmpfs"] == ["/tmp"]  # noqa: S108
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    environment = {name: value.replace("${CDS_SITE:-localhost}", "localhost")
                   for name, value in one["environment"].items()}  # fmt: skip
    assert not would_start(environment, tmp_path).is_demo


def test_the_secrets_of_compose_can_be_read_by_the_number_whatever_the_umask():
    head = (ROOT / "compose.yaml").read_text("utf-8").partition("\nname: ")[0]
    assert "mkdir -p -m 700 secrets" in head, "the folder keeps others out"
    assert (
        head.index("> secrets/ldn_database")
        < head.index("chmod 644 secrets/*")
        < head.index("run --build --rm upgrade")
    )


def test_compose_waits_for_those_who_are_answering():
    seconds = int(COMPOSE["services"]["desk-a"]["stop_grace_period"].removesuffix("s"))
    production = load_settings({"LDN_PROFILE": "production", "LDN_PUBLIC_URL": "https://x.org", "LDN_SECRET": SECRET})
    assert seconds > production.drains_for + 10


# Kubernetes


def test_every_manifest_is_among_those_applied():
    applied = read(KUBERNETES / "kustomization.yaml")["resources"]
    assert sorted([*applied, "kustomization.yaml"]) == sorted(file.name for file in KUBERNETES.glob("*.yaml"))
    assert MANIFESTS["Namespace"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_a_cluster_asks_at_the_right_addresses():
    assert desk()["livenessProbe"]["httpGet"]["path"] == "/healthz", "a lost database must not end the process"
    assert desk()["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert desk()["startupProbe"]["httpGet"]["path"] == "/healthz"


def test_one_replica_always_answers():
    deployment, budget = MANIFESTS["Deployment"]["spec"], MANIFESTS["PodDisruptionBudget"]["spec"]
    assert deployment["replicas"] >= 2
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert budget["minAvailable"] >= 1
    assert budget["selector"] == deployment["selector"]
    assert deployment["selector"]["matchLabels"].items() <= deployment["template"]["metadata"]["labels"].items()
    assert MANIFESTS["Service"]["spec"]["selector"] == deployment["selector"]["matchLabels"]


def test_a_pod_is_given_the_time_that_stopping_takes():
    command = desk()["lifecycle"]["preStop"]["exec"]["command"]
    (waits,) = re.findall(r"time\.sleep\((\d+)\)", command[-1])
    drains = int(as_environment(desk()["env"])["LDN_DRAIN_SECONDS"])
    missed = desk()["readinessProbe"]["periodSeconds"] * desk()["readinessProbe"]["failureThreshold"]
    assert drains > missed, "the cluster must have asked in between"
    assert PODS[0]["spec"]["terminationGracePeriodSeconds"] > int(waits) + drains + 10


@pytest.mark.parametrize("pod", PODS, ids=["desk", "upgrade", "purge"])
def test_a_pod_is_nobody_and_has_no_key_to_the_cluster(pod: dict[str, Any]):
    who = pod["spec"]["securityContext"]
    assert who["runAsNonRoot"] is True
    assert who["runAsUser"] >= 10001
    assert who["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["spec"]["automountServiceAccountToken"] is False
    # LDN_CDS_PORT=tcp://… from the cluster would be refused as a setting that there is not.
    assert pod["spec"]["enableServiceLinks"] is False


@pytest.mark.parametrize("container", list(containers()), ids=["desk", "upgrade", "purge"])
def test_a_container_may_do_little_and_would_start(container: dict[str, Any], tmp_path: Path):
    may = container["securityContext"]
    assert may["allowPrivilegeEscalation"] is False
    assert may["readOnlyRootFilesystem"] is True
    assert may["capabilities"] == {"drop": ["ALL"]}
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]
    assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]  # noqa: S108
    assert not would_start(as_environment(container["env"]), tmp_path).is_demo


def test_secrets_are_named_and_never_written_down():
    for pod in PODS:
        (volume,) = [one for one in pod["spec"]["volumes"] if "secret" in one]
        assert volume["secret"]["secretName"] == "ldn-cds"
    assert "Secret" not in MANIFESTS
    secret = {row.variable for row in TABLE if row.is_secret}
    given = [as_environment(one["env"]) for one in containers()] + [one["environment"] for one in OURS.values()]
    assert not [name for environment in given for name in environment if name in secret]


def test_only_what_is_named_comes_in_or_goes_out():
    policy = MANIFESTS["NetworkPolicy"]["spec"]
    assert sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    for pod in PODS:
        assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    blocks = [to["ipBlock"]["cidr"] for rule in policy["egress"] for to in rule["to"] if "ipBlock" in to]
    assert blocks
    assert "0.0.0.0/0" not in blocks
    assert all(rule.get("to") and rule.get("ports") for rule in policy["egress"]), "an empty one lets all out"
    assert all(rule.get("from") and rule.get("ports") for rule in policy["ingress"]), "an empty one lets all in"


def test_the_tables_are_upgraded_by_a_job_and_purged_each_night():
    assert [container["args"] for container in containers()][1:] == [["db", "upgrade"], ["db", "purge"]]
    purge = MANIFESTS["CronJob"]["spec"]
    assert purge["concurrencyPolicy"] == "Forbid"
    assert re.fullmatch(r"\d+ \d+ \* \* \*", purge["schedule"])
    for pod in PODS[1:]:
        assert pod["spec"]["restartPolicy"] == "Never"


# An authority of one's own


def test_every_replica_is_given_the_authority_it_is_told_of():
    added = read(OWN_AUTHORITY / "compose.yaml")["services"]
    replicas = {name for name, one in COMPOSE["services"].items() if name.startswith("desk-")}
    assert set(added) == replicas
    for one in added.values():
        (mounted,) = one["volumes"]
        assert mounted.split(":") == ["./certificates/ca.pem", one["environment"]["LDN_CA_FILE"], "ro"]


def test_the_patch_of_the_cluster_mounts_what_the_setting_names():
    told = read(OWN_AUTHORITY / "kustomization.yaml")
    assert [(OWN_AUTHORITY / folder).resolve() for folder in told["resources"]] == [KUBERNETES]
    (patch,) = [read(OWN_AUTHORITY / one["path"]) for one in told["patches"]]
    own = MANIFESTS["Deployment"]
    assert (patch["kind"], patch["metadata"]["name"]) == (own["kind"], own["metadata"]["name"])
    pod = patch["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["name"] == desk()["name"]
    (mount,) = container["volumeMounts"]
    (volume,) = pod["volumes"]
    assert volume["name"] == mount["name"]
    assert as_environment(container["env"]) == {"LDN_CA_FILE": f"{mount['mountPath']}/ca.pem"}
    assert mount["readOnly"] is True
    taken = {one["mountPath"] for one in desk()["volumeMounts"]} | {one["name"] for one in PODS[0]["spec"]["volumes"]}
    assert not taken & {mount["mountPath"], mount["name"]}


def test_every_variable_that_is_set_is_a_setting():
    known = {row.variable for row in TABLE} | {f"{row.variable}_FILE" for row in TABLE if row.is_secret}
    given = {name for one in containers() for name in as_environment(one["env"])}
    for services in (COMPOSE["services"], read(OWN_AUTHORITY / "compose.yaml")["services"]):
        given |= {name for one in services.values() for name in one.get("environment", {}) if name.startswith("LDN_")}
    assert given <= known


# The reader of these files


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: no\n", "1: write it in quotes"),
        ("a: 12:30\n", "1: write it in quotes"),
        ("a: b: c\n", "1: write it in quotes"),
        ("a: 'b'\n", "1: write it in quotes"),
        ("a:\n", "1: a has no value"),
        ("a: b\na: c\n", "2: a is there already"),
        ("a: b\n  c: d\n", "2: indented unlike what stands before"),
        ("a:\n\tb: c\n", "2: a tab, or a blank at the end"),
        ("- a\nb\n", "2: indented unlike what stands before"),
    ],
)
def test_what_is_not_plain_is_refused(text: str, says: str, tmp_path: Path):
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(ValueError, match=re.escape(f"x.yaml:{says}")):
        read(tmp_path / "x.yaml")


def test_what_is_plain_is_read(tmp_path: Path):
    (tmp_path / "x.yaml").write_text(
        '# a comment\na: b c\nlist:\n  - name: x\n    n: 7\n  - plain\nflow: ["a", {"b": 1}]\nt: true\nip: 192.0.2.1\n'
        '---\nq: "no"\n'
    )
    assert read_all(tmp_path / "x.yaml") == [
        {"a": "b c", "list": [{"name": "x", "n": 7}, "plain"], "flow": ["a", {"b": 1}], "t": True, "ip": "192.0.2.1"},
        {"q": "no"},
    ]
