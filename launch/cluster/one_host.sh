#!/usr/bin/env bash
# A throw-away SLURM cluster on one host, to try launch/cluster/*.sbatch for real: no systemd, no cgroups, no database.
#   one_host.sh check              makes sure that SLURM is there; in one line and with status 3 where it can't
#   one_host.sh up   <folder> [nodes] [cpus of each]     then: export SLURM_CONF=<folder>/slurm.conf
#   one_host.sh down <folder>
# N nodes n0, n1, ... are N slurmd on loopback, beside one slurmctld and one munged with a key of its own. Debian's
# packages are installed when they are missing. Outside of <folder>, only the names of the nodes go to /etc/hosts, because
# programs dial nodes by name. Tested: Debian 12, slurm 22.05, as root in a container without init.
set -euo pipefail

PACKAGES="slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge"
PORT=${SLURM_ONE_HOST_PORT:-17000}

cannot() {
  echo "one_host.sh: $*" >&2
  exit 3
}

check() {
  command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null && return 0
  command -v apt-get >/dev/null || cannot "SLURM is not installed, and there is no apt-get to install it"
  [ "$(id -u)" = 0 ] || cannot "SLURM is not installed; run this as root, or: sudo apt-get install $PACKAGES"
}

install_packages() {
  command -v slurmctld >/dev/null && return 0
  if ! [ -e /usr/sbin/policy-rc.d ]; then # keeps dpkg from starting the daemons with the machine's own configuration
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends $PACKAGES; } >/tmp/one_host_apt.log 2>&1 ||
    cannot "the packages could not be installed: $(tail -n 1 /tmp/one_host_apt.log)"
}

down() { # only what `up` started
  local pids
  pids=$(cat "$folder"/slurmd.*.pid "$folder"/slurmctld.pid "$folder"/munged.pid 2>/dev/null || true)
  # shellcheck disable=SC2086
  for signal in TERM KILL; do
    kill "-$signal" $pids 2>/dev/null || return 0
    for _ in $(seq 50); do kill -0 $pids 2>/dev/null || break; sleep 0.1; done
  done
}

configure() {
  local host me last=$((nodes - 1)) ports=$((PORT + 1))
  host=$(hostname -s) me=$(id -un)
  [ "$nodes" = 1 ] || ports="[$((PORT + 1))-$((PORT + nodes))]"
  cat >"$folder/slurm.conf" <<C
ClusterName=one_host
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$PORT
SlurmUser=$me
SlurmdUser=$me
AuthType=auth/munge
CredType=cred/munge
# a requeued job waits until its old credential expires
AuthInfo=socket=$folder/munge.sock,cred_expire=5
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.%n.log
# listen on the addresses below, not on all
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/log/completed.txt
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
ReturnToService=2
KillWait=5
SlurmdTimeout=10
MinJobAge=3600
MaxArraySize=100001
MaxJobCount=200000
NodeName=n[0-$last] NodeHostname=$host NodeAddr=127.0.0.1 Port=$ports CPUs=$cpus RealMemory=1000 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=20
PartitionName=high Nodes=ALL Default=NO MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
C
}

up() {
  check && install_packages
  mkdir -p "$folder"/{state,spool,log}
  chmod 755 "$folder"
  [ -e "$folder/munge.key" ] || (umask 077 && head -c 1024 /dev/urandom >"$folder/munge.key")
  # --force: munged refuses parents that others may write, such as /tmp
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.sock" --pid-file="$folder/munged.pid" \
    --log-file="$folder/log/munged.log" --seed-file="$folder/munge.seed" --num-threads=2 2>>"$folder/log/munged.err"
  configure
  export SLURM_CONF="$folder/slurm.conf"
  local node
  for node in $(seq -f 'n%g' 0 $((nodes - 1))); do
    getent hosts "$node" >/dev/null || echo "127.0.0.1 $node" >>/etc/hosts ||
      echo "one_host.sh: $node does not resolve; jobs of several nodes won't find each other" >&2
  done
  slurmctld -c
  for node in $(seq -f 'n%g' 0 $((nodes - 1))); do slurmd -N "$node"; done
  for _ in $(seq 300); do
    [ "$(sinfo -h -N -p low -t idle -o %N 2>/dev/null | sort -u | wc -l)" = "$nodes" ] && return
    sleep 0.1
  done
  tail -n 5 "$folder"/log/*.log >&2
  echo "one_host.sh: the nodes did not become idle" >&2
  exit 1
}

action=${1:-} nodes=${3:-2} cpus=${4:-2}
case $action in
check) check && install_packages ;;
up | down)
  [ $# -ge 2 ] || { echo "one_host.sh: name a folder" >&2 && exit 2; }
  folder=$(realpath -m "$2")
  "$action"
  ;;
*)
  sed -n '2,5s/^# //p' "$0"
  exit 2
  ;;
esac
