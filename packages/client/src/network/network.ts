/** What looks after the board's network (WiFi). Default: none, the operating system does. */
export interface Network {
  /**
   * True when it was given credentials: connecting may then succeed later with what it has, so the default `badWifi`
   * keeps trying.
   */
  readonly hasCredentials: boolean;
  /** @throws LinkError `ERR_NETWORK` when that cannot be found out; `signal.reason` on abort. */
  isConnected(signal: AbortSignal): Promise<boolean>;
  /**
   * Connects, with the credentials it was made with, or with only what the OS already knows. Resolves once connected.
   * Aborting ends the wait; the board may still connect.
   *
   * @throws LinkError `ERR_NETWORK`; `signal.reason` on abort.
   */
  connect(signal: AbortSignal): Promise<void>;
  /**
   * Leaves the network. Resolves once left; not connected is no error. Aborting ends the wait; the board may still leave.
   *
   * @throws LinkError `ERR_NETWORK`; `signal.reason` on abort.
   */
  disconnect(signal: AbortSignal): Promise<void>;
  /**
   * Calls the listener when the network comes or goes, until the function returned is called. What it throws is a failure
   * of the network; what that function throws becomes an uncaught exception.
   */
  onChange(listener: (connected: boolean) => void): () => void;
}
