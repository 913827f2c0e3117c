#!/bin/sh
# Debian's packages as a file system for machine.py. Unpacked in memory, where dpkg's care for the disk costs nothing (it is half of the
# time elsewhere), without what a test has no use for, and copied to its place.
# usage: unshare --mount machine-tree.sh DIRECTORY SUITE MIRROR PACKAGES     DIRECTORY: there, and empty; PACKAGES: joined by commas
set -eu
into=$1 suite=$2 mirror=$3 packages=$4

work=$(mktemp -d)
trap 'cd /; umount "$work"; rmdir "$work"' EXIT
mount -t tmpfs -o mode=0755 tmpfs "$work"
debootstrap --variant=minbase --include="$packages" "$suite" "$work/tree" "$mirror"
cd "$work/tree"
rm -rf var/cache/apt var/lib/apt/lists usr/share/doc usr/share/man usr/share/locale
: >etc/fstab
mkdir -p var/log/journal        # a journal that outlives a reboot
# Mounts and consoles that no container can have.
for unit in sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount sys-fs-fuse-connections.mount systemd-modules-load.service \
        console-getty.service; do
    ln -sf /dev/null "etc/systemd/system/$unit"
done
cp -a . "$into"
