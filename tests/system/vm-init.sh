#!/bin/busybox sh
# shellcheck shell=dash
# The first process of a machine that vm.py boots: finds the disk, and hands over to systemd.
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
for module in /modules/*; do
    /bin/busybox insmod "$module"
done
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 50 ]; do
    /bin/busybox sleep 0.1
    tries=$((tries + 1))
done
/bin/busybox mount -t ext4 /dev/vda /root
/bin/busybox umount /proc
exec /bin/busybox switch_root /root /lib/systemd/systemd
