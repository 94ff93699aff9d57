/** Connects the board to its network (WiFi) and disconnects it. Without one, the operating system does this. */
export interface Network {
  /**
   * True when this network was given credentials. The default of `badWifi` then keeps trying, because the credentials may work
   * later.
   */
  readonly hasCredentials: boolean;
  /** @throws LinkError `ERR_NETWORK` when the state cannot be found out; `signal.reason` on abort. */
  isConnected(signal: AbortSignal): Promise<boolean>;
  /**
   * Connects with the given credentials, or without them to a network that the operating system already knows. Resolves once
   * connected. Aborting ends the wait; the board may still connect.
   *
   * @throws LinkError `ERR_NETWORK`; `signal.reason` on abort.
   */
  connect(signal: AbortSignal): Promise<void>;
  /**
   * Disconnects from the network, and resolves once this is done. It is not an error if the board is not connected. Aborting
   * ends the wait; the board may still disconnect.
   *
   * @throws LinkError `ERR_NETWORK`; `signal.reason` on abort.
   */
  disconnect(signal: AbortSignal): Promise<void>;
  /**
   * Calls the listener when the network is connected or lost. Returns a function that removes the listener. An error that
   * `onChange` throws counts as a failure of the network. An error that the returned function throws becomes an uncaught
   * exception.
   */
  onChange(listener: (connected: boolean) => void): () => void;
}
