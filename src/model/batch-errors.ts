import { row } from './error-row.ts';

const STATION = 'Nothing was changed.';
const NOTHING = 'Nothing was changed on the board or the server.';

/** Errors of batches. */
export const BATCH_ERRORS = {
  'batch/unknown': row(
    'There is no batch named {name}.',
    STATION,
    'Look it up in the list (station batch list); one that is to be new is imported (station batch import FILE --name NAME).',
  ),
  'batch/conflict': row(
    'The server has device {device} of this identity already: {status}, {keys}.',
    'The row was not preauthorized; the device there was left as it is.',
    'Look at the device. If it is to have this key, run the batch again with --retry --force-rekey (servers of today), or remove the device there first; else correct the row.',
  ),
  'batch/decommissioning': row(
    'The server is just decommissioning device {device} of this identity.',
    'The row was not preauthorized.',
    'Wait until that has ended, then run the batch again with --retry.',
    true,
  ),
  'batch/no-auth-set': row(
    'Device {device} of this identity is preauthorized without a key: no unit can ever use it.',
    'The row was not preauthorized.',
    'Remove that device (station reconcile --server NAME --batch NAME --fix dead), then run the batch again with --retry.',
  ),
  'batch/not-settled': row(
    'The server gave no lasting answer to this row: {detail}.',
    'Whether the device was made is looked up before anything is repeated.',
    'Run the batch again with --resume.',
    true,
  ),
  'batch/limited-for-long': row(
    '{server} takes no more calls of this account for {minutes} minutes.',
    'Nothing was changed on the server.',
    'Go on when that is over.',
    true,
  ),
  'batch/over-limit': row(
    '{server} has room for {room} more devices (limit {limit}, {accepted} accepted, {preauthorized} preauthorized), and {rows} are to be preauthorized.',
    'Nothing was changed on the server.',
    'Have the limit raised; or go on all the same with --ignore-limit: units beyond the limit are refused by the server until it is raised.',
  ),
  'batch/device-not-removed': row(
    'The server keeps the device {device} although its removal was asked for.',
    'The device is as it was, or on its way out.',
    'Try again; look at the device on the server if it repeats.',
    true,
  ),
  'batch/running': row(
    'The batch {batch} is being worked on already.',
    STATION,
    'Wait until that has ended, or pause it.',
    true,
  ),
  'batch/begun': row(
    'The preauthorization of the batch {batch} at {server} was begun and not finished: {rows} rows are left.',
    STATION,
    'Go on with it: station batch preauthorize "{batch}" --server {server} --resume.',
  ),
  'batch/other-server': row(
    'The batch {batch} was preauthorized at {server}.',
    STATION,
    'Take it back there first (station batch take-back "{batch}" --server {server}), or choose that server.',
  ),
  'batch/simulated': row(
    'The batch {name} is one of real boards, and this is a rehearsal.',
    NOTHING,
    'Choose the real server and its boards; to rehearse, leave the batch out.',
  ),
  'batch/former-key': row(
    'The unit of this row was given another key here since.',
    'The row is not sent: whoever has its key would be let in.',
    'The unit needs no row any more: provision or re-key it again where it is not at the server.',
  ),
  'batch/kept-elsewhere': row(
    'This batch made device {device} at {server} for this row, and it was in use when the batch was taken back there.',
    'The row was not sent.',
    'A unit is at one server. If it is to come here, decommission that device, then: station batch take-back "{batch}" --server {server}; and run the batch here with --retry.',
  ),
  'batch/no-keys': row(
    'The batch {batch} has no keys: it is a list of expected units.',
    STATION,
    'Provision units against it (station provision --batch "{batch}" --server NAME --port PORT), or import a list with keys.',
  ),
  'batch/not-sent': row(
    'The batch {batch} was never preauthorized at {server}.',
    STATION,
    'There is nothing to take back.',
  ),
  'batch/not-sent-there': row(
    'The batch {batch} was preauthorized at {other}, not at {server}.',
    STATION,
    'Take it back at {other}.',
  ),
  'batch/in-flight': row(
    'Of some rows of the batch {batch} nobody knows yet whether {server} has them.',
    STATION,
    'Go on first (station batch preauthorize "{batch}" --server {server} --resume), so that each row has its outcome; then take it back.',
  ),
  'batch/stranger': row(
    'The board {identity} is in no row of the batch {name}.',
    NOTHING,
    'Put it aside, or choose the batch that it belongs to. An admin may let it through (--allow stranger).',
  ),
  'batch/repeat': row(
    'The board {identity} of the batch {name} was through already, at {at} on {station}.',
    NOTHING,
    'It is done, or another board has its identity. An admin may let it through (--allow repeat).',
  ),
  'batch/other-key': row(
    'The batch {name} has the key {wanted} for this board (line {line}); it has {key}.',
    NOTHING,
    'Look whether the board was mixed up, or was given a new key. An admin may let it through (--allow other-key).',
  ),
  'batch/given-away': row(
    'The board {identity} is in part {part} of the batch {name}, which another bench has.',
    NOTHING,
    'Provision it there; or take back what is left of that part, if nobody works on it there any more (station batch return-share "{name}" --part {part}).',
  ),
  'batch/is-share': row(
    'The batch {name} is a part that {station} gave to this bench.',
    STATION,
    'Share the batch where it is from.',
  ),
  'batch/too-few-rows': row(
    'The batch {name} has {rows} row(s) to share, for {benches} bench(es).',
    STATION,
    'Name fewer benches. Rows that are through, that other benches have, or whose jobs are not ended are not shared.',
  ),
  'batch/no-share': row(
    'No other bench has a part {part} of the batch {name}.',
    STATION,
    'Its parts: station batch status "{name}".',
  ),
  'batch/own-share': row(
    '{path} is a part of the batch {name} of this very station.',
    STATION,
    'Import it at the bench that it is for; or take it back (station batch return-share).',
  ),
  'batch/share-known': row(
    'Line {line} ({identity}) of {path}: {detail}.',
    STATION,
    'A board is in one batch of a station. If it is a part that came before, close that first (station batch close).',
  ),
  'batch/unknown-bench': row(
    '{path} is signed by a station that is not known here: {station}, key {key}.',
    STATION,
    'Compare the key with what station doctor shows there. If it is the same, take it: --trust {key}.',
  ),
  'batch/other-batch': row(
    '{path} is no export of a part of the batch {name}: {detail}.',
    STATION,
    'Merge files of its parts, into the batch that they were shared from (at the other bench: station batch export NAME --format json --out FILE).',
  ),
  'batch/counted-twice': row(
    'A board of the batch {name} was counted twice: {first}; and {second}.',
    STATION,
    'Look at both boards: two have one identity or one key, or one was provisioned at two benches. Nothing was merged.',
  ),
  'batch/closed': row(
    'The batch {name} is closed.',
    NOTHING,
    'Choose another batch (station batch list), or provision without one.',
  ),
  'batch/changed': row(
    'The batch {name} was changed while the file was read: rows of it that had failed have not failed any more.',
    'Nothing was stored.',
    'Import the file again.',
    true,
  ),
  'batch/name-taken': row(
    'There is a batch named {name} already, from another file ({file}).',
    STATION,
    'Choose another name; or remove that batch where nobody has used it (station batch remove "{name}").',
  ),
  'batch/file-unreadable': row(
    '{path} cannot be read: {detail}.',
    STATION,
    'Choose a CSV file that this user may read.',
  ),
  'batch/file-foreign': row(
    '{path} is no CSV file but {what}.',
    STATION,
    'Open it in the program that wrote it and save it as CSV (UTF-8).',
  ),
  'batch/file-empty': row('{path} holds no row.', STATION, 'A batch is a CSV file with a header row.'),
  'batch/file-changed': row(
    '{path} was changed while it was being read.',
    STATION,
    'Let the program that writes it end, then try again.',
    true,
  ),
  'batch/too-many-rows': row(
    '{path} has more than {most} rows.',
    STATION,
    'Split it, and import its parts as batches of their own.',
  ),
  'batch/in-use': row(
    'The batch {name} cannot be removed: {detail}.',
    STATION,
    'A batch that was used stays in the list; close it (station batch close "{name}"). What was sent to a server is taken back first.',
  ),
  'batch/nothing-failed': row(
    'The batch {name} has no failed row.',
    STATION,
    'There is nothing to be mended. All of its rows: station batch export "{name}" --out FILE.',
  ),
} as const;
