#!/bin/sh
# Makes the factory image of a board out of a bare root tree, with what mender-client itself ships.
# The package has no identity script in place, no configuration and no /data/mender: upstream's images add these.
# usage: golden.sh TREE DOUBLE_DIR
set -eu
T=$1
examples=$T/usr/share/doc/mender-client/examples

install -d -m 0700 "$T/data/mender"
install -m 0755 "$examples/mender-device-identity" "$T/usr/share/mender/identity/mender-device-identity"
for part in hostinfo network os; do
  install -m 0755 "$examples/mender-inventory-$part" "$T/usr/share/mender/inventory/"
done
echo 'artifact_name=golden-1' > "$T/etc/mender/artifact_info"
printf 'device_type=rig-board' > "$T/data/mender/device_type"
chroot "$T" mender --no-syslog setup --device-type rig-board --server-url https://mender.invalid \
  --server-cert '' --tenant-token '' --inventory-poll 28800 --retry-poll 300 --update-poll 1800 \
  --hosted-mender=false --demo=false --quiet

# 10.0.2.2 is the loopback of the machine that the rig runs on.
printf '127.0.0.1 localhost\n10.0.2.2 mender.rig\n' > "$T/etc/hosts"
: > "$T/etc/resolv.conf"

# Shells: bash and dash are Debian's, ash is busybox. Its applets go where a board's profile can put them first.
ln -sf /bin/busybox "$T/bin/ash"
printf '/bin/ash\n' >> "$T/etc/shells"
install -d "$T/opt/busybox"
chroot "$T" /bin/busybox --install -s /opt/busybox

# The double of mender 5 needs a JSON reader, an HTTP client and openssl, which a real board need not have: kept apart.
install -d "$T/opt/mender-double/bin"
mv "$T/usr/bin/jq" "$T/usr/bin/curl" "$T/opt/mender-double/bin/"
cp "$T/usr/bin/openssl" "$T/opt/mender-double/bin/"
install -m 0755 "$2/mender-auth" "$2/mender-update" "$T/opt/mender-double/"

# No systemd here: the client is started by an init script, as Buildroot's and Yocto's sysvinit images do.
install -d "$T/etc/init.d"
cat > "$T/etc/init.d/mender-client" <<'INIT'
#!/bin/sh
# Starts and stops the Mender client's daemon.
[ -x /usr/bin/mender-auth ] && { name=mender-authd; daemon=/usr/bin/mender-auth; args=daemon; } \
  || { name=mender-client; daemon=/usr/bin/mender; args='--no-syslog daemon'; }
pidfile=/run/$name.pid
case ${1:-} in
  start) start-stop-daemon --start --quiet --oknodo --background --make-pidfile --pidfile "$pidfile" \
           --output /var/log/mender.log --startas "$daemon" -- $args ;;
  stop) start-stop-daemon --stop --quiet --oknodo --retry 5 --remove-pidfile --pidfile "$pidfile" ;;
  restart) "$0" stop; "$0" start ;;
  status) start-stop-daemon --status --pidfile "$pidfile" ;;
  *) echo "usage: $0 start|stop|restart|status" >&2; exit 2 ;;
esac
INIT
chmod 0755 "$T/etc/init.d/mender-client"

rm -rf "$T"/var/cache/apt/archives/*.deb "$T"/var/lib/apt/lists/* "$T"/usr/share/locale/* "$T"/dev/*
