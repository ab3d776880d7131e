/** The file in the client's data directory that holds the CA which a station installed. */
export const STATION_CA_FILE = 'station-server-ca.crt';
