import { BATCH_ERRORS } from './batch-errors.ts';
import { INVENTORY_ERRORS } from './inventory-errors.ts';
import { row, type ErrorRow } from './error-row.ts';

export type { ErrorRow };

const NOTHING = 'Nothing was changed on the board or the server.';
const BOARD = 'Nothing was changed on the board.';
const SERVER = 'Nothing was changed on the server.';
const STATION = 'Nothing was changed.';

/**
 * Every way in which the station stops, in one place. Codes are stable: scripts and records depend on them, so a code
 * may be added but not renamed.
 */
export const ERRORS = {
  // The port
  'port/not-found': row(
    'There is no port {port}.',
    NOTHING,
    'Check the cable, then look at the list of ports again (station ports).',
    true,
  ),
  'port/no-permission': row('This user may not open {port}.', NOTHING, '{remedy}'),
  'port/busy': row(
    '{port} is in use by {holder}.',
    NOTHING,
    'Close that program, or keep it off the port, and try again; the check of this machine says how (station doctor).',
    true,
  ),
  'port/not-serial': row(
    '{port} is not a serial port.',
    NOTHING,
    'Choose a port from the list (station ports).',
  ),
  'port/failed': row(
    '{port} could not be opened: {detail}.',
    NOTHING,
    'Unplug the adapter, plug it in again and retry.',
    true,
  ),
  'port/lost': row(
    '{port} was unplugged.',
    NOTHING,
    'Plug the cable in again and start once more; the station continues from what it finds.',
    true,
  ),
  'port/write-stalled': row(
    '{port} takes no more bytes: the board holds the line (flow control) or the adapter hangs.',
    NOTHING,
    'Check the wiring and the flow control of the profile, then retry.',
    true,
  ),
  'port/twice': row('{port} was named twice.', NOTHING, 'Name each port once.'),
  'port/in-job': row(
    'A job is already running on {port}.',
    NOTHING,
    'Wait for it to end, or cancel it.',
    true,
  ),

  // Getting to a shell
  'board/silent': row(
    'The board on {port} says nothing.',
    NOTHING,
    'Check power and that TX and RX are not swapped; a board without a console on this port stays silent.',
    true,
  ),
  'board/garbled': row(
    'The line to the board on {port} is unreadable.',
    NOTHING,
    'Check the baud rate of the profile ({baudRate}), the ground wire and the cable.',
  ),
  'board/boot-timeout': row(
    'The board was still booting after {seconds} s.',
    NOTHING,
    'Wait until it has booted, or look at its boot messages in the transcript.',
    true,
  ),
  'board/bootloader': row(
    'The board stays in its boot loader.',
    NOTHING,
    'Boot it by hand and look at what its boot loader says in the transcript.',
  ),
  'board/login-refused': row(
    'The board refused the login of {user}.',
    NOTHING,
    'Store the right password for this board; each known one was tried once, so that the account is not locked (station credential set NAME).',
  ),
  'board/password-expired': row(
    'The password of {user} on the board has expired.',
    NOTHING,
    'Log in by hand, set a new password, and store it for the profile.',
  ),
  'board/password-needed': row(
    'The board asks for the password of {user} and the station has none.',
    NOTHING,
    'Store the password that the profile names (station credential set NAME; for one call: STATION_BOARD_PASSWORD).',
  ),
  'board/no-shell': row(
    'No shell answered after the login: {detail}.',
    NOTHING,
    'Look at the transcript; the login shell must be a POSIX shell (bash, dash, ash).',
  ),
  'board/not-root': row(
    '{user} may not become root on the board: {detail}.',
    NOTHING,
    'Log in as root, or as a user who may use sudo with that password (profile: login.user, login.become).',
  ),
  'board/command-timeout': row(
    'The board did not answer within {seconds} s during: {step}.',
    NOTHING,
    'Look at the transcript, then try again.',
    true,
  ),
  'board/line-unreliable': row(
    'The line lost or changed bytes again and again during: {step}.',
    NOTHING,
    'Use a shorter cable, a lower baud rate or pacing in the profile.',
    true,
  ),
  'board/line-too-long': row(
    'A command of {length} characters does not fit the line limit of {limit}.',
    NOTHING,
    'Shorten the paths in the profile.',
  ),

  // What is on the board
  'board/tool-missing': row('The board lacks {tool}.', BOARD, 'Install it in the image ({remedy}).'),
  'board/identity-missing': row(
    'The identity script {script} is missing.',
    BOARD,
    'Install it in the image: Debian ships it as an example, Yocto images install it by default.',
  ),
  'board/identity-not-executable': row(
    'The identity script {script} may not be executed.',
    BOARD,
    'Run chmod 755 {script} in the image.',
  ),
  'board/identity-failed': row(
    'The identity script {script} failed with status {status}: {detail}.',
    BOARD,
    'Run it on the board and mend it; without an identity no request can be sent.',
  ),
  'board/identity-nonsense': row(
    'The identity script did not print lines key=value: {detail}.',
    BOARD,
    'Mend the script: mender-client refuses such output too.',
  ),
  'board/client-missing': row(
    'There is no mender-client on the board.',
    BOARD,
    'Install mender-client (3.x) or mender-auth and mender-update (4.x, 5.x) in the image.',
  ),
  'board/data-directory-missing': row(
    '{path} does not exist on the board.',
    BOARD,
    'Create it in the image (mkdir -p -m 0700 {path}); the client cannot keep its key without it.',
  ),
  'board/configuration-unreadable': row(
    '{path} on the board cannot be used: {detail}.',
    BOARD,
    'Mend or remove the file on the board; the station edits it and will not overwrite what it cannot read.',
  ),
  'board/disk-full': row(
    'There is no room left in {path} on the board ({free} bytes free).',
    BOARD,
    'Free some space on the board, then start again.',
  ),
  'board/read-only': row(
    '{path} on the board is read-only.',
    BOARD,
    'Remount it writable, or choose the other configuration file in the profile; a disk with errors mounts itself read-only: see dmesg.',
  ),
  'board/clock-wrong': row(
    'The clock of the board is off by {difference} and could not be set.',
    BOARD,
    'Set the clock by hand; with a wrong clock the client refuses the server’s certificate.',
  ),
  'board/update-in-progress': row(
    'An update is in progress on the board, or not yet committed.',
    BOARD,
    'Let it end (mender commit, or a roll-back), then start again: stopping the client now could roll the board back.',
    true,
  ),
  'board/key-engine': row(
    'The board’s key is in an engine or a PKCS#11 token ({path}).',
    BOARD,
    'Such a key cannot be replaced over the line: keep it (key source keep). The board’s own client then shows which key it is.',
  ),
  'board/key-passphrase': row(
    'The board’s key {path} is behind a passphrase.',
    BOARD,
    'Keep it (key source keep): the board’s own client then shows which key it is. To replace it, remove the passphrase in the image.',
  ),
  'board/key-mutual-tls': row(
    'The board’s key {path} belongs to its client certificate {certificate} for mutual TLS, which fits no other key.',
    BOARD,
    'Keep it (key source keep). To replace it, give the client a key of its own for its auth requests (Security.AuthPrivateKey in mender.conf), or issue a new certificate with a new key.',
  ),
  'board/passphrase-unknown': row(
    'The board’s key {path} is behind a passphrase, and nothing on the board says where its client takes that from.',
    BOARD,
    'Start the client on the board, or name the passphrase file in its unit, then start again: called without it, the client would replace the key.',
  ),
  'board/key-unknown': row(
    'The public half of the board’s key {path} cannot be read: {detail}.',
    BOARD,
    'Let the station make a new key for the board (key source generate), or install openssl in the image.',
  ),
  'board/key-not-shown': row(
    'The board’s client asked for authorization, but that did not show which key it has: {server} has {sets} auth sets of this board. The client said: {said}.',
    'The key in use on the board is as it was.',
    'Mend what the client says (network, clock, certificate, tenant token). Where the server has several auth sets of this board, remove those that are not its own, then start again.',
    true,
  ),
  'board/no-key': row(
    'The board has no key to keep.',
    BOARD,
    'Have a new key made, on the board or at the station (key source board or generate).',
  ),
  'board/cannot-make-key': row(
    'The board cannot make and use a key of type {type}: {detail}.',
    BOARD,
    'Let the station make the key (key source generate), or install openssl 3 in the image.',
  ),
  'board/client-cannot-read-key': row(
    'The client on the board ({version}) cannot read keys of type {type}.',
    BOARD,
    'Choose an older key type (rsa3072); a client that cannot read a key silently makes another.',
  ),
  'board/stage-mismatch': row(
    'The key file on the board is not what was sent.',
    'The key in use on the board is as it was; nothing was changed on the server.',
    'Try again; if it repeats, check the cable and the board’s storage.',
    true,
  ),
  'board/switch-failed': row(
    'The board could not put the new key in place: {detail}.',
    'The key in use on the board is as it was.',
    'Mend what the message says, then start again; the station continues from there.',
    true,
  ),
  'board/switch-unknown': row(
    'The line went, or the board fell silent, while the new key was put in place.',
    'The board holds either its old or its new key; both are safe on the board.',
    'Connect it and start again: the station looks which one it is and finishes. Do not hand it over before.',
    true,
  ),
  'board/key-replaced': row(
    'After its start, the client holds another key than the one it was given.',
    'The server still knows only the accepted key; the board’s client made its own.',
    'Choose a key type that this client reads (rsa3072), then start again.',
  ),
  'board/client-refused': row(
    'The board’s own client was not authorized: {detail}.',
    'The key is in place and accepted; what failed is the client’s own connection.',
    'Mend what the message says (network, clock, certificate, server URL on the board), then start again.',
    true,
  ),
  'board/client-stopped': row(
    'The client on the board did not start again: {detail}.',
    'The new key is in place and accepted.',
    'Look at the log of the client on the board, start it there, and then start again.',
    true,
  ),
  'board/staged-proof-failed': row(
    'The key on the board did not sign as it should.',
    'The key in use on the board is as it was.',
    'Try again; if it repeats, the storage or openssl of the board is broken.',
    true,
  ),

  'board/another': row(
    'Another unit than {identity} is on the line.',
    BOARD,
    'Connect the unit that this job is for.',
    true,
  ),
  'board/old-key-kept': row(
    'The old key file {path} could not be removed from the board.',
    'The new key is in use and accepted; the server no longer knows the old one.',
    'Remove that file on the board; look at its storage (dmesg) if that fails, too.',
    true,
  ),

  // Keys
  'key/import-none': row(
    'There is no key file for this board: {path}.',
    NOTHING,
    'Put the file there, or mend the file-name pattern of the profile.',
  ),
  'key/import-several': row('Several key files fit this board: {paths}.', NOTHING, 'Leave one of them.'),
  'key/import-unusable': row(
    '{path} is not a usable key: {detail}.',
    NOTHING,
    'Use PEM (PKCS#1, PKCS#8, SEC1), OpenSSH or PKCS#12 with an RSA, P-256, P-384 or Ed25519 key.',
  ),
  'key/import-passphrase': row(
    '{path} needs a passphrase, or another one.',
    NOTHING,
    'Give the passphrase of the key files with the start (at the prompt, or STATION_KEY_PASSPHRASE).',
  ),
  'key/import-pair': row(
    'The private and the public key in {path} do not belong together.',
    NOTHING,
    'Have the pair made again.',
  ),
  'key/unreadable': row(
    'A key could not be read, or is of no type that the station handles.',
    NOTHING,
    'Use an RSA (2048, 3072 or 4096 bit), P-256, P-384 or Ed25519 key.',
  ),
  'key/used': row(
    'This key was already given to {owner}.',
    NOTHING,
    'Use another key: a key belongs to one board.',
  ),
  'key/attribute-missing': row(
    'The file-name pattern {pattern} names {attribute}, which this board’s identity lacks.',
    NOTHING,
    'Mend the pattern in the profile.',
  ),

  // The server
  'server/unreachable': row(
    '{server} cannot be reached: {detail}.',
    SERVER,
    'Check the network and the URL.',
    true,
  ),
  'server/timeout': row(
    '{server} did not answer within {seconds} s.',
    'Whether the server did what was asked is looked up before anything is repeated.',
    'Try again.',
    true,
  ),
  'server/certificate': row(
    'The certificate of {server} is not trusted: {detail}.',
    SERVER,
    'Import the server’s CA, or pin its key, in the server’s settings. Verification cannot be switched off.',
  ),
  'server/unknown-certificate': row(
    'Nobody known here vouches for the certificate of {server} ({subject}); the SHA-256 of its key is {spki}.',
    'Nothing was stored.',
    'Compare that hash with what the server’s administrator says, then give it (--pin {spki}), or the server’s CA (--ca FILE).',
  ),
  'server/pin-mismatch': row(
    '{server} shows another key ({seen}) than the pinned one ({pinned}).',
    SERVER,
    'Ask who runs the server; if the key was changed on purpose, compare the new one and pin it (station server pin {server}).',
  ),
  'server/proxy-unusable': row(
    'The proxy in {variable} cannot be used on the way to {server}: {detail}.',
    NOTHING,
    'Mend the variable, or except the server from the proxy (NO_PROXY). No server is asked around a proxy that is set.',
  ),
  'server/proxy-unreachable': row(
    'The proxy {proxy} on the way to {server} cannot be reached: {detail}.',
    SERVER,
    'Check HTTPS_PROXY and the network, or except the server from the proxy (NO_PROXY).',
    true,
  ),
  'server/proxy-refused': row(
    'The proxy {proxy} does not let through to {server}: {detail}.',
    SERVER,
    'Ask who runs the proxy to allow this host, give it its login (http://USER:PASSWORD@HOST:PORT), or except the server from it (NO_PROXY).',
  ),
  'server/not-mender': row(
    'What answers at {server} is not a Mender server ({detail}).',
    SERVER,
    'Check the URL and the host name: a Mender gateway answers to its own host name only.',
  ),
  'server/old': row(
    '{server} is a Mender server of 1.0 or 1.1: boards are accepted in its own UI.',
    NOTHING,
    'Accept the boards there, or have the server updated; the station accepts boards on servers of 2023 and later.',
  ),
  'server/has-users': row(
    '{server} has a user already, or takes no first one from outside.',
    SERVER,
    'Log in with an account of its (station server login {server} --user EMAIL). Since 1.2 the first user is made on the server’s own command line (useradm create-user).',
  ),
  'server/first-user-refused': row(
    '{server} did not take the first user: {detail}.',
    'The server has no user yet.',
    'Choose a password of 8 characters or more and an e-mail address, then try again.',
  ),
  'server/session-ending': row(
    'The login at {server} ends in {minutes} min: a job that is begun now may not be finished with it.',
    NOTHING,
    'Log in at this server again (station server login {server} --user EMAIL), then start.',
  ),
  'server/login-not-kept': row(
    'The login at {server} cannot be kept on this machine ({detail}).',
    SERVER,
    'Log in without keeping it: it is then held in memory until the station closes. To keep it, unlock or install a key ring (GNOME Keyring or KWallet), then start the station again.',
  ),
  'server/no-organization': row(
    '{server} offers no organization token to this account.',
    NOTHING,
    'Copy the token from the server’s own UI as an admin of the organization. A server without organizations needs none.',
  ),
  'server/login-refused': row(
    '{server} refused the login of {user}.',
    SERVER,
    'Check e-mail and password. Servers do not tell which of the two is wrong.',
  ),
  'server/token-refused': row(
    '{server} refused the personal access token that it was given.',
    SERVER,
    'Make a new one in the server’s own UI: this one has expired, was revoked, ended with a change of its user’s password, or is of another server.',
  ),
  'server/otp-needed': row(
    '{server} asks for a second factor.',
    SERVER,
    'Log in again with its code (--otp CODE), or with a personal access token (STATION_TOKEN).',
  ),
  'server/single-sign-on': row(
    '{user} signs in at {server} through single sign-on.',
    SERVER,
    'Make a personal access token in the server’s own UI and log in with that (STATION_TOKEN).',
  ),
  'server/not-logged-in': row(
    'Nobody is logged in at {server}.',
    NOTHING,
    'Log in at this server (station server login {server} --user EMAIL).',
  ),
  'server/session-ended': row(
    'The login at {server} has ended or was revoked.',
    NOTHING,
    'Log in at this server again (station server login {server} --user EMAIL).',
  ),
  'server/forbidden': row(
    '{user} may not do this at {server}: {detail}.',
    SERVER,
    'Use an account with the role Admin, or one that may manage all devices.',
  ),
  'server/call-not-allowed': row(
    'The station does not make this call at {server}: {detail}.',
    'Nothing was sent to the server.',
    'Do it in the server’s own pages, or have an admin of this station give you the right (station people set NAME --grant RIGHT).',
  ),
  'server/rate-limited': row(
    '{server} asks to slow down for {seconds} s.',
    SERVER,
    'Wait, then try again.',
    true,
  ),
  'server/device-limit': row(
    '{server} takes no more accepted devices (limit {limit}).',
    'The board keeps the key that it had in use.',
    'Have the limit raised or decommission devices that are gone, then start again.',
  ),
  'server/accepted-other-key': row(
    'This board is already accepted with another key ({fingerprint}).',
    NOTHING,
    'If the unit was returned or its storage replaced, give it a new key by re-keying; else find out which board this is.',
  ),
  'server/preauthorized-other-key': row(
    'This board is preauthorized with another key ({fingerprint}).',
    NOTHING,
    'Import that key from its file (key source import:DIR), or remove the preauthorization on the server.',
  ),
  'server/rejected': row(
    'This device was rejected on {server}.',
    NOTHING,
    'Ask who rejected it; once it is dismissed or decommissioned there, start again.',
  ),
  'server/decommissioning': row(
    'This device is being decommissioned on {server}.',
    NOTHING,
    'Wait until that has ended, then start again: it becomes a new device.',
    true,
  ),
  'server/other-organization': row(
    'The board’s request was taken, but {server} shows no device for it: the tenant token belongs to another organization.',
    'The board keeps the key that it had in use.',
    'Give the token of the organization that this account belongs to.',
  ),
  'server/tenant-token-refused': row(
    '{server} does not take this tenant token.',
    'The board keeps the key that it had in use.',
    'Copy the organization’s token again from the server’s UI.',
  ),
  'server/not-authorized': row(
    '{server} accepted the key but does not authorize it: {detail}.',
    'The board keeps the key that it had in use.',
    'Look at the device on the server, then start again.',
    true,
  ),
  'server/two-accepted': row(
    '{server} holds two accepted keys for this device.',
    NOTHING,
    'Start again alone: another program changed the device at the same time.',
    true,
  ),
  'server/key-unacceptable': row(
    '{server} does not take this key: {detail}.',
    'The board keeps the key that it had in use.',
    'Choose another key type.',
  ),
  'server/failed': row(
    '{server} answered {status} to {call}: {detail}.',
    'Whether the server did what was asked is looked up before anything is repeated.',
    'Try again; if it repeats, look at the server’s log with the request id {requestId}.',
    true,
  ),

  'server/old-key-accepted': row(
    '{server} authorized the old key after the new one was accepted.',
    'The board holds its new key.',
    'Another program accepted the old key meanwhile: finish the job alone (station resume).',
    true,
  ),
  'server/device-in-use': row(
    'Another station ({holder}) is changing this device on {server}.',
    NOTHING,
    'Wait until it has finished; what it holds ends by itself {until}.',
    true,
  ),

  'server/not-offered': row(
    '{server} does not offer this: {what}.',
    NOTHING,
    'See what its kind can do in the documentation of servers; what its account may do: station server test {server}.',
  ),
  // The Managed IoT Cloud
  'server/not-mic': row(
    'What answers at {server} is not a Managed IoT Cloud ({detail}).',
    SERVER,
    'Check the base URL with its path (/prod), or give the host of the stack instead; the App Board shows both (Settings, About).',
  ),
  'server/no-such-stack': row(
    'The discovery services know no stack of the host {host}.',
    STATION,
    'Check the host: it is the one at which the App Board is opened (customer.mic.telenorconnexion.com).',
  ),
  'server/api-key-refused': row(
    '{server} refused the API key.',
    SERVER,
    'Store the right one (station server api-key {server}; in the window Store its API key), or find the stack by its host, which tells its key.',
  ),
  'server/api-key-needed': row(
    'The station has no API key for {server}.',
    SERVER,
    'Store it (station server api-key {server}; in the window Store its API key); the App Board shows it, or whoever runs the stack knows it.',
  ),
  'server/consent-required': row(
    '{user} has not yet consented to the terms of {server}.',
    SERVER,
    'Log in once at the App Board and accept the terms there, then log in here again.',
  ),
  'server/thing-type-needed': row(
    '{server} has several thing types ({types}), and none is chosen.',
    NOTHING,
    'Choose one in the settings of the server (station server add ... --thing-type TYPE).',
  ),
  'server/thing-of-another': row(
    'The thing {thing} on {server} is that of {owner}, not of {identity}.',
    NOTHING,
    'Two boards must not share a thing: look at it in the App Board (external id).',
  ),
  'server/credentials-unusable': row(
    'What {server} gave as certificate and key of {thing} cannot be used: {detail}.',
    'The board keeps the certificate and the key that it had in use.',
    'Look at the thing in the App Board; if it repeats, ask who runs the stack.',
  ),
  'server/certificate-refused': row(
    'The MQTT endpoint {endpoint} of {server} did not take the certificate of {thing}: {detail}.',
    'The board keeps the certificate and the key that it had in use.',
    'Look at the thing and its certificate in the App Board: it has to be active; then start again.',
    true,
  ),
  // The job
  'job/cancelled': row('The job was cancelled.', NOTHING, 'Start it again when you are ready.', true),
  'job/interrupted': row(
    'The station ended in the middle of this job.',
    'A key is put in use in one step: the board holds its old or its new key, whole.',
    'Finish it (station resume) before the board is handed over; the station looks at what it finds and goes on from there.',
    true,
  ),
  'job/not-interrupted': row(
    'The job {job} is not one that waits to be finished.',
    STATION,
    'Look at the list of interrupted jobs (station resume --list): it may have been finished or dismissed since.',
  ),
  'job/board-not-here': row(
    'The board {identity} was not found on any port ({looked} looked at).',
    NOTHING,
    'Connect it to any port and switch it on, then resume again. A port that another program holds, or that is muted, is not looked at.',
    true,
  ),
  'job/board-never-read': row(
    'The job was cut before it had read which board it works on.',
    'Nothing was changed by it on the board or the server.',
    'Start it anew with the board that it was for, and dismiss this one (station resume --dismiss).',
  ),
  'job/other-board': row(
    'The board on this port is {identity}; the interrupted job is that of {expected}.',
    NOTHING,
    'Connect the board of that job, or provision this one by itself.',
    true,
  ),
  'job/same-identity': row(
    'Another board with the same identity ({identity}) is being provisioned on {port}.',
    NOTHING,
    'Two boards must not share an identity: check their MAC addresses or serial numbers.',
  ),
  'job/unit-unknown': row(
    '{server} has no device with the identity of this unit.',
    NOTHING,
    'Check that this is its server and organization; to take the unit in as a new device, confirm it (--confirm unknown).',
  ),
  'job/unit-rejected': row(
    'This unit was rejected on {server}.',
    NOTHING,
    'Ask who rejected it and why; to accept it again with its new key, confirm it (--confirm rejected).',
  ),
  'job/unit-elsewhere': row(
    'The configuration of this unit names {where}, not {server}.',
    NOTHING,
    'Re-key it at its own server; or confirm that it is to come here (--confirm elsewhere). Its old server keeps its old key until it is removed there.',
  ),
  'job/identity-changed': row(
    'The key of this unit was given to {former}; now it calls itself {identity}.',
    NOTHING,
    'If its network board was replaced, confirm it (--confirm identity-changed), and have the former device removed where it is no longer there (--decommission-former).',
  ),
  'job/suspended': row(
    'The station was closed while this job waited.',
    'The old key is active and nothing was sent to the server; the new key is staged on the board.',
    'It goes on from there: station resume.',
    true,
  ),
  'job/wait-ended': row(
    'The wait for {for} ended before it was there.',
    'The old key is active and nothing was sent to the server.',
    'Start again where board and server can both be reached.',
    true,
  ),
  'job/proof-too-weak': row(
    'The profile asks for the proof {wanted}; only {proved} was had.',
    'The key is in place and accepted.',
    'Connect the board to its network, or allow a weaker proof in the profile.',
  ),
  'job/not-settled': row(
    'Board and server did not come to rest: {detail}.',
    'See the steps in the record.',
    'Start again; the station continues from what it finds.',
    true,
  ),

  // Files by which a re-key is requested and approved
  'request/unreadable': row(
    'The file cannot be read: {detail}.',
    STATION,
    'Give the file that the other station wrote, whole and as it is.',
  ),
  'request/altered': row(
    'The file is not as it was written: {detail}.',
    STATION,
    'Nothing of it may be believed. Have it sent again, by a way on which nobody changes it.',
  ),
  'request/expired': row(
    'The request has expired at {at}.',
    STATION,
    'Have the unit read again and a new request made.',
  ),
  'request/other-approver': row(
    'The request is sealed to another station.',
    STATION,
    'Approve it at the station whose key the laptop was given (station rekey approver), or give the laptop this one’s.',
  ),

  'request/no-approver': row(
    'No station is known whose admin could approve it{detail}.',
    STATION,
    'Export its key there (station rekey approver --out FILE) and add it here (station rekey approver add FILE).',
  ),
  'request/unknown-approver': row(
    'The approval is signed by a station that this one does not know ({key}).',
    STATION,
    'Compare the fingerprint with that of the admin’s station (station doctor there); add its key here if it is the one.',
  ),
  'request/not-this': row(
    'The approval is not one of a request that this station made.',
    STATION,
    'Finish it at the station that wrote the request.',
  ),
  'request/other-server': row(
    'The request is for the server at {asked}; {server} is at {url}.',
    NOTHING,
    'Approve it with the server that the unit is accepted at (station server list). Only where both are addresses of that one server: --other-address.',
  ),
  'request/nothing-to-tidy': row(
    'The unit does not have its new key yet: {server} has not accepted it, and there is nothing to tidy up.',
    SERVER,
    'Approve the request first (without --tidy), and have the unit finished with the approval.',
  ),
  'request/used': row(
    'The request was used before: its key was brought in, and {server} does not take it any more.',
    SERVER,
    'There is nothing left to approve. The old keys of a unit are removed with the request of the key that it has; for another new key have a new request made.',
  ),
  'request/other-key': row(
    '{server} has accepted the key {accepted}; the unit had {had} when it asked.',
    SERVER,
    'The unit may have another key by now, and would be refused with it: have it read again and a new request made. Only where that request says the same, so that the accepted key is lost: --other-key.',
  ),
  'request/approved-elsewhere': row(
    'The key was approved at {approved}; this unit’s server {server} is at {url}.',
    'The unit is as it was: its old key is active, the new one staged.',
    'Have it approved for the server of the request. Where both are addresses of that one server, the admin says so: station rekey approve REQUEST --server NAME --out FILE --other-address.',
  ),
  'request/not-staged': row(
    'The new key was not staged: {detail}.',
    NOTHING,
    'See what the job says, and try again.',
  ),
  'request/no-device': row(
    '{server} shows no device of this identity.',
    NOTHING,
    'A re-key is for a unit that the server knows; provision it instead, with a login at the server.',
  ),
  'request/needs-auth-request': row(
    '{server} can only accept what the unit itself has asked for, and the request holds no auth request.',
    NOTHING,
    'Nobody could sign with the new key when the request was made: re-key the unit with a login at the server.',
  ),
  'request/not-accepted': row(
    '{server} did not take the new key: {detail}.',
    'The key in use on the unit is as it was.',
    'Look at the device in the server’s own UI, then approve the request again.',
    true,
  ),
  'request/admin-only': row(
    'Without an admin’s login this station may not {what}.',
    SERVER,
    'Have the approval checked at the station that gave it.',
  ),

  // Batches
  ...BATCH_ERRORS,
  ...INVENTORY_ERRORS,

  // The record
  'journal/full': row(
    'The disk of the station is full: the record cannot be written.',
    'No board is changed without a record.',
    'Free space on the disk that holds {path}, then start again.',
  ),
  'journal/unusable': row(
    'The record {path} cannot be used: {detail}.',
    'No board is changed without a record.',
    'Mend what the message says. A damaged record is replaced by its backup (station journal restore FILE), and kept beside.',
  ),
  'journal/broken': row(
    'The record {path} is not as it was written ({detail}).',
    STATION,
    'Look at all of it (station journal verify), and keep the file as it is for whoever finds out what happened.',
  ),
  'journal/would-lose': row(
    'The record {path} holds {rows} row(s) that {file} does not.',
    STATION,
    'Take a newer backup, or say that they may go (--discard-newer): the record of now is kept beside in any case.',
  ),
  'journal/newer': row(
    'The record {path} was written by a newer version of the station (format {version}).',
    STATION,
    'Update this station.',
  ),

  // The station itself
  'station/home-locked': row(
    'Another station ({holder}) is using {home}.',
    STATION,
    'Close it, or wait for it to end; or work in another folder (--home FOLDER).',
    true,
  ),
  'station/home-unusable': row(
    '{home} cannot be used: {detail}.',
    STATION,
    'Use a folder that this user may write (--home FOLDER).',
  ),
  'station/home-full': row(
    'The disk that holds {home} is full.',
    'No board is changed without a record.',
    'Free some space there, then start again (station doctor says how much there is).',
    true,
  ),
  'station/settings-unreadable': row(
    'The settings {path} cannot be read: {detail}.',
    STATION,
    'Mend the file, or move it away to start with defaults.',
  ),
  'station/people-unreadable': row(
    'Who may work here cannot be read: {path}: {detail}.',
    'Nothing was changed, and nobody may work here until it can be read.',
    'Mend the file, or have the owner of the home move it away and name the people anew: the record keeps that (docs/recovery.md).',
  ),
  'station/locked': row(
    'The bench is locked: {detail}.',
    'Nothing was changed. Jobs that run are finished.',
    'Sign in with your PIN or your badge (in the command: --operator NAME).',
  ),
  'station/not-permitted': row(
    '{person} may not {what}.',
    STATION,
    'Have somebody sign in who may, or ask an admin of this station for that right (station people list).',
  ),
  'station/sign-in-refused': row(
    'This is neither the PIN nor the badge {whose}.',
    'Nobody was signed in; who was, still is.',
    'Try again. After some wrong tries a wait begins that grows with each; an admin can set a new PIN (station people set).',
    true,
  ),
  'station/sign-in-waits': row(
    'After {tries} wrong tries no other counts for {seconds} s.',
    'Nobody was signed in, and this try was not looked at.',
    'Wait, then try again; the wait is kept when the station is started anew.',
    true,
  ),
  'station/unknown-person': row(
    'There is nobody named {name} at this station.',
    STATION,
    'Look at the list (station people list); an admin can add people.',
  ),
  'station/person-invalid': row('{detail}.', STATION, 'Mend what the message says (station people --help).'),
  'station/usage': row(
    '{detail}',
    STATION,
    'Mend what the message says (station --help lists what there is).',
  ),
  'station/unknown-server': row(
    'There is no server named {name}.',
    STATION,
    'Add it, or choose one of these: {known} (station server add {name} --url URL).',
  ),
  'station/unknown-profile': row(
    'There is no board profile named {name}.',
    STATION,
    'Choose one of these: {known} (station board-profile list).',
  ),
  'station/unknown-job': row(
    'There is no job {job}.',
    STATION,
    'Look it up in the list of records (station journal list).',
  ),
  'station/job-open': row(
    'The job {job} has not ended.',
    STATION,
    'Wait for it to end; one that was cut off ends when the station is started again.',
    true,
  ),
  'station/file-exists': row(
    '{path} is there already{detail}.',
    STATION,
    'Choose another name, or take that file away first; where a command has --force, that overwrites a file of its own kind.',
  ),
  'station/file-unwritable': row(
    '{path} cannot be written: {detail}.',
    STATION,
    'Choose a folder that is there and that this user may write, on a disk with room.',
  ),
  'station/profile-invalid': row(
    'The board profile {path} is not valid: {detail}.',
    STATION,
    'Mend the file; docs/board-profile.schema.json says what it may hold.',
  ),
  'station/server-invalid': row(
    'The server cannot be stored: {detail}.',
    STATION,
    'Mend what the message says.',
  ),
  'station/key-store': row(
    'The key store of this machine cannot be used: {detail}.',
    'No secret was stored.',
    'Log in again each time, or mend the key store; the check of this machine says how (station doctor).',
  ),
  'station/profile-unfit': row(
    'The board profile {profile} does not fit {server}: {detail}.',
    NOTHING,
    'Choose another profile, or mend its file (docs/board-profiles.md).',
  ),
  'station/not-supported': row('{detail}', STATION, 'See the documentation for what this server offers.'),
  'station/internal': row(
    'The station failed: {detail}.',
    'See the steps in the record.',
    'Start again; send the log to the maker of the station if it repeats.',
    true,
  ),
} as const satisfies Readonly<Record<string, ErrorRow>>;

export type ErrorCode = keyof typeof ERRORS;
