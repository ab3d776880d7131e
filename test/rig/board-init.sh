#!/bin/sh
# Process 1 of a board: makes its root out of the shared tree, waits for its network, then becomes busybox init.
# usage: board-init.sh TREE DIR NAME TTY    (in fresh mount, pid, net, uts and ipc namespaces)
# DIR holds `seed/` (files laid over the tree) and `setup.sh` (run inside the new root). Says `mounted` on stdout and
# reads one line from stdin before it starts init.
set -eu
TREE=$1 DIR=$2 NAME=$3 TTY=$4
mount --make-rprivate /
# The board's own writes live in memory: gone with the board, and a sync on one board never waits for the others' disk.
mkdir -p "$DIR/fs"
mount -t tmpfs -o mode=755 tmpfs "$DIR/fs"
mkdir "$DIR/fs/upper" "$DIR/fs/work" "$DIR/fs/root"
R=$DIR/fs/root
mount -t overlay overlay -o "lowerdir=$TREE,upperdir=$DIR/fs/upper,workdir=$DIR/fs/work" "$R"
mount -t proc proc "$R/proc"
mount -t sysfs -o ro sysfs "$R/sys"
mount -t tmpfs -o mode=755 tmpfs "$R/run"
mount -t tmpfs -o mode=755 tmpfs "$R/dev"
mknod -m 666 "$R/dev/null" c 1 3
mknod -m 666 "$R/dev/zero" c 1 5
mknod -m 666 "$R/dev/full" c 1 7
mknod -m 666 "$R/dev/random" c 1 8
mknod -m 666 "$R/dev/urandom" c 1 9
mknod -m 666 "$R/dev/tty" c 5 0
ln -s /proc/self/fd "$R/dev/fd"
ln -s fd/0 "$R/dev/stdin"
ln -s fd/1 "$R/dev/stdout"
ln -s fd/2 "$R/dev/stderr"
mkdir "$R/dev/pts" "$R/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$R/dev/pts"
ln -s pts/ptmx "$R/dev/ptmx"
mount -t tmpfs tmpfs "$R/dev/shm"
# Init's own messages would only be noise of a kind that a board with a serial console does not have here.
ln -s null "$R/dev/console"
: > "$R/dev/ttyS0"
mount --bind "$TTY" "$R/dev/ttyS0"
chown 0:5 "$R/dev/ttyS0"
chmod 620 "$R/dev/ttyS0"

hostname "$NAME"
echo "$NAME" > "$R/etc/hostname"
printf '127.0.1.1 %s\n' "$NAME" >> "$R/etc/hosts"
cp -a "$DIR/seed/." "$R/"
chroot "$R" /bin/sh -eu < "$DIR/setup.sh"

mkdir "$R/.outside"
cd "$R"
pivot_root . .outside
umount -l /.outside
rmdir /.outside
echo mounted
read -r _go
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ busybox init </dev/null >/dev/null 2>&1
