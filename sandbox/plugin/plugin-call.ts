/**
 * One call to the plugin server, as Kong's `ProtoBuf:1` client makes it. While the plugin server handles an event, it
 * calls methods of the PDK. To end the event, it sends an empty frame instead of a method's name.
 */
import {
  type RpcCall,
  RpcCallMessage,
  type RpcReturn,
  RpcReturnMessage,
} from "../../plugin/server/protocol/messages.ts";
import type { ExitResponse } from "../message/exit-response.ts";
import { callPdk } from "./pdk.ts";
import type { PdkContext } from "./pdk-method.ts";
import type { PluginConnection } from "./plugin-connection.ts";

/**
 * Sends the call and reads the server's answer.
 *
 * @param call the call, including its sequence number.
 * @throws Error when the answer does not match the call. After an error, the connection cannot be used again.
 */
export async function exchangeCall(connection: PluginConnection, call: RpcCall): Promise<RpcReturn> {
  connection.writeFrame(RpcCallMessage.encode(call));
  return readReturn(connection, call);
}

/**
 * Lets the plugin server handle an event.
 *
 * @returns `proceed` only after the empty frame and an answer with the same sequence number. After an exit, the
 * connection cannot be used again: the plugin server waits for a reply that never comes.
 */
export async function exchangeEvent(
  connection: PluginConnection,
  call: RpcCall,
  context: PdkContext,
): Promise<"proceed" | ExitResponse> {
  connection.writeFrame(RpcCallMessage.encode(call));
  for (;;) {
    const method = (await connection.readFrame()).toString("latin1");
    if (method === "") {
      await readReturn(connection, call);
      return "proceed";
    }
    const args = await connection.readFrame();
    const result = callPdk(context, method, args);
    if (result === undefined) {
      throw new Error(`method "${method}" not found`);
    }
    if ("exit" in result) {
      return result.exit;
    }
    connection.writeFrame(result.reply);
  }
}

async function readReturn(connection: PluginConnection, call: RpcCall): Promise<RpcReturn> {
  const answer = RpcReturnMessage.decode(await connection.readFrame());
  if ((answer.sequence ?? 0) !== call.sequence) {
    throw new Error("assertion failed! The answer and the call have different sequence numbers");
  }
  return answer;
}
