#!/bin/sh
# The first process of a machine that machine.py boots: it puts the file system together and lets systemd-nspawn start it, again
# after each reboot. It has a mount and a PID namespace to itself: when it ends, all of the machine has ended.
# usage: machine-init.sh WORK LAYERS CGROUP NAME     LAYERS: directories, uppermost first, joined by colons
set -eu
work=$1 layers=$2 cgroup=$3 name=$4

echo 0 >"$cgroup/cgroup.procs"
# What the machine writes is in memory and gone with this namespace.
mount -t tmpfs -o mode=0755 tmpfs "$work"
mkdir "$work/upper" "$work/overlay" "$work/root"
mount -t overlay -o "lowerdir=$layers,upperdir=$work/upper,workdir=$work/overlay" overlay "$work/root"
chroot "$work/root" ldconfig
# Never a device of this machine as its console or input: systemd changes owner and mode of its console.
: >"$work/input"
status=133
while [ $status = 133 ]; do         # what nspawn says when the machine wants to boot again
    status=0
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --boot --directory="$work/root" --machine="$name" --console=read-only \
        --register=no --keep-unit --private-network --link-journal=no --settings=no <"$work/input" || status=$?
done
exit $status
