/**
 * The shell texts that run on a board: POSIX sh, and of the tools only what coreutils and busybox have alike. They are
 * short because every byte costs its time on the line; they hold no backslash, because dash's `echo` would read it.
 */

/** How long the loop waits for a line before it ends itself, in seconds: no root shell survives a dead station. */
export const IDLE_SECONDS = 180;

/**
 * The first words at a prompt: no echo, no prompt, no line editing, and lines that are run only when their checksum fits,
 * so that a byte lost on the way to the board can never become another command or another path. It writes to no path and
 * closes nothing, so that it is harmless itself when it is cut. The nonce is said in two halves: what the board echoes
 * does not hold it.
 */
export function bootstrap(nonce: string, sudoMarker: string | null): string {
  const loop =
    '(sleep 60;kill -9 $$)&while echo "@$0$1";read -r s L;do [ "$(echo "$L"|sha256sum)" = "$s  -" ]&&eval "$L";done';
  const become = sudoMarker === null ? '' : `sudo -S -p '${halves(sudoMarker, "''")}' `;
  return `stty -echo&&exec ${become}/bin/sh -c '${loop}' ${halves(nonce, ' ')}`;
}

function halves(word: string, between: string): string {
  return `${word.slice(0, word.length / 2)}${between}${word.slice(word.length / 2)}`;
}

/**
 * What the first checked line defines: helpers, and the loop itself.
 *
 * A line is `CHECKSUM SEQ COMMAND`. The loop runs a command once: a line with the number of the last command is answered
 * with the stored reply; `r` asks for parts of it again, `x` ends the loop. A longer command comes in parts, whose
 * numbers end in `-` (the first), `+` and `=` (the last, which runs it).
 * The reply is what the command left in `B`, as base64, in numbered lines between two headers `@NONCE SEQ LENGTH HASH`;
 * a line that does not fit its checksum is answered `@NONCE ?`, and the loop's end says `@NONCE .`, however it ends.
 *
 * The end is no EXIT trap: bash would run that in a subshell, too, which a signal hits before it has begun.
 *
 * Names: N nonce, B reply, s number of the last command, M command so far, T a temporary file, d the kernel's console
 * level to restore, w the watch that ends an idle loop, Z what to do before the end, such as starting a client that was
 * stopped. z is the end, o writes the reply, a starts the watch.
 */
export function loopDefinitions(nonce: string, idleSeconds = IDLE_SECONDS): string {
  return [
    `kill $! 2>/dev/null;N=@${nonce};Z=;umask 77`,
    'export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin TERM=dumb LC_ALL=C',
    'read d x</proc/sys/kernel/printk;dmesg -n 1 2>/dev/null',
    `z(){ { eval "$Z";dmesg -n $d;kill $w;rm -f "$T";} >/dev/null 2>&1;echo;echo "$N .";exit;};trap z 1 2`,
    'h(){ sha256sum|cut -c1-16;}',
    `o(){ x="$N $s \${#B} $(echo "$B"|h)";echo;echo "$x";echo "$B"|grep -n ''|sed -n "$1";echo "$x .";}`,
    `a(){ (trap 'kill $p;exit' 15;sleep ${idleSeconds}&p=$!;wait $p&&kill -1 $$)& w=$!;}`,
  ].join(';');
}

/** The loop. It follows the first command on the first checked line, and never returns. */
export const LOOP = [
  'o p;while a;IFS= read -r L;do kill $w 2>/dev/null;c=${L#* }',
  'if [ "${L%% *}" = "$(echo "$c"|h)" ];then n=${c%% *};c=${c#* }',
  'case $n in r)o "$c";;x)z;;$s)o p;;*)s=$n;B=;case $n in *-)M=$c;;*+)M=$M$c;;*=)eval "$M$c" </dev/null;;*)eval "$c" </dev/null;;esac;o p;;esac',
  'else echo;echo "$N ?";fi;done;z',
]
  .join(';')
  .replaceAll('then;', 'then ');

/** Runs a command with its output for a reply. */
export function replying(
  command: string,
  errors: 'with errors' | 'without errors' = 'without errors',
): string {
  return `B=$({ ${command};} </dev/null 2>${errors === 'with errors' ? '&1' : '/dev/null'}|base64)`;
}

/**
 * The functions that read and change a board.
 *
 * p: begins a section of a reply. l: sets r to a path with its links resolved, also where readlink knows no -f. R: process ids of the client. k: a key file. f: a configuration file.
 * y: makes a file and its directory last. O: the whole observation.
 */
export const FUNCTIONS = [
  'p(){ echo;echo "$N $*";}',
  'R(){ for i in /proc/[0-9]*;do read x<$i/comm&&case $x in mender|mender-auth|mender-update)echo ${i#/proc/};;esac;done 2>/dev/null;}',
  'l(){ r=$(readlink -f "$1" 2>/dev/null);[ "$r" ]||{ r=$1;for i in 1 2 3 4 5 6 7 8;do x=$(readlink "$r")||break;case $x in /*)r=$x;;*)r=${r%/*}/$x;;esac;done;};}',
  'k(){ l "$1";p k "$1";echo "$r";[ -e "$r" ]||return;sha256sum<"$r";grep -c ENCRYPTED "$r";openssl pkey -in "$r" -pubout -outform DER -passin pass:;}',
  'f(){ l "$1";w=r;[ -w "${r%/*}" ]&&w=w;p c $w "$1";cat "$1"||p x $([ -e "$1" ]&&echo e);}',
  'y(){ sync "$1" "${1%/*}" 2>/dev/null||sync;}',
].join(';');

/** The observation, as a function of: identity script, configuration, fallback configuration, data directory. */
export function observeFunction(stagedSuffix: string, formerSuffix: string, caFile: string): string {
  return `O(){ ${[
    'p t $(date +%s.%N)',
    'p h;uname -n;uname -r;readlink /proc/$$/exe||echo;readlink /proc/1/exe||echo;id -u;ls -d /run/systemd/system',
    'if [ ! -e "$1" ];then p i m;elif [ ! -x "$1" ];then p i x;else p i r;{ e=$("$1" 2>&1 >&3);x=$?;} 3>&1;p j $x;echo "$e"|tail -n3;fi',
    'p v $(command -v mender-auth||command -v mender);mender-auth --version||mender --version',
    'p s;systemctl show -p Id,LoadState,UnitFileState,ActiveState,Environment,ExecStart mender-client mender-authd mender-updated',
    'p l;ls -d /etc/init.d/*mender*;grep mender /etc/inittab',
    `for i in $(R);do p d $i;tr '[:cntrl:]' ' ' </proc/$i/cmdline;echo;tr '[:cntrl:]' ' ' </proc/$i/environ|grep -o 'MENDER_[A-Z_]*=[^ ]*';done`,
    `p u $(fw_printenv -n upgrade_available);grep -lE 'UpdateInfo|standalone-state' "$4/mender-store"`,
    'f "$2";f "$3"',
    `K "$5"`,
    `p f;ls -d "$4/.";[ -w "$4" ]&&echo w;df -Pk "$4"|tail -n1;p a;sha256sum<"$4/${caFile}"`,
    `p o;openssl version`,
    `p e;openssl genpkey -algorithm ed25519|openssl pkeyutl -sign -rawin -inkey /proc/self/fd/0 -in /etc/passwd>/dev/null&&echo 1`,
    'openssl ecparam -name prime256v1 -genkey -noout|openssl dgst -sha256 -sign /proc/self/fd/0 /etc/passwd>/dev/null&&echo 2',
    'p T $(date +%s.%N)',
  ].join(';')};};K(){ k "$1";q=$r;k "$q${stagedSuffix}";k "$q${formerSuffix}";}`;
}
