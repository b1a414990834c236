import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, type GatewayKind, openNeighbours, waitFor } from "../gateways/gateway.ts";
import { reportMissing } from "../gateways/kong/report-missing.ts";
import { POLICY_NAME } from "./attack-policy.ts";
import { type AttackWorld, createAttackWorld, KEY_SET_PATH } from "./attack-world.ts";
import { ATTACK_CLASSES } from "./classes/classes.ts";
import type { Attack, Honest, Recipe } from "./forge/attack.ts";
import { makeRequest, type WireRequest } from "./make-request.ts";
import { type Answer, sendBytes } from "./send-bytes.ts";

interface AttackOptions {
  /**
   * Sends the honest requests of the class directly before each attack. So the plugin could reuse verdicts about them.
   */
  readonly isWarm?: boolean;
}

/**
 * Declares tests for one gateway, with a plugin server in a separate process. The tests send every attack and every
 * honest request as bytes.
 */
export function runAttacks(kind: GatewayKind, { isWarm = false }: AttackOptions = {}): void {
  describe(`attacks on ${kind.label}${isWarm ? ", each right after honest requests" : ""}`, () => {
    if (kind.missing !== undefined) {
      reportMissing("runs the table", kind.missing);
      return;
    }
    let world: AttackWorld;
    let gateway: Gateway;
    let count = 0;

    const send = async (recipe: Recipe): Promise<[id: string, request: WireRequest, answer: Answer]> => {
      count += 1;
      const request = makeRequest(recipe, world.scene);
      return [`case-${count}`, request, await sendBytes(gateway.url, writeRequest(request, `case-${count}`))];
    };

    const expectPassed = async (each: Honest): Promise<void> => {
      const [id, , answer] = await send(each);
      expect(answer.status, answer.body).toBe(200);
      expect(await world.upstream.headersOf(id)).toMatchObject({ "x-user-id": "alice", ...each.upstream });
    };
    const expectRefused = async (attack: Attack): Promise<void> => {
      const [id, request, answer] = await send(attack);
      expect(await world.upstream.headersOf(id), "nothing may reach the upstream").toBeUndefined();
      if (attack.kong !== undefined) {
        expect(answer.status).toBe(attack.kong);
        return;
      }
      checkAnswer(attack, answer);
      const line = (await gateway.findDenialLine(answer.headers.get("x-kong-request-id") ?? "")) ?? "";
      expect(line).toContain(`reason=${attack.reason} status=${attack.told.status}`);
      // Kong writes the request line after the plugin's text.
      const said = line.replace(request.target, "");
      const parts = request.token.split(".").filter((part) => part.length >= 20);
      expect(parts.filter((part) => said.includes(part.slice(0, 20)))).toEqual([]);
    };

    beforeAll(async () => {
      world = await createAttackWorld(await openNeighbours(kind));
      gateway = await kind.start(world);
      // Until the plugin server listens and has the keys, every answer is an error and nothing reaches the upstream.
      const first = { key: "remote", claims: { iss: "https://remote.example.com" }, rule: "remote" } as const;
      const passed = await waitFor(async () => (await send(first))[2].status === 200 || undefined);
      expect(passed, "the first honest request passes").toBe(true);
    });
    afterAll(async () => {
      await gateway?.stop();
      await world?.stop();
    });

    for (const { name, honest, attacks } of ATTACK_CLASSES) {
      describe.concurrent(name, () => {
        for (const each of honest) {
          it(`passes ${each.what}`, () => expectPassed(each));
        }
        for (const attack of attacks) {
          it(`refuses ${attack.id}: ${attack.tries}`, async () => {
            for (const each of isWarm ? honest : []) {
              await expectPassed(each);
            }
            await expectRefused(attack);
          });
        }
      });
    }

    it("sent no request because of an attack, and fetched its own keys only as often as allowed", async () => {
      const requests = await world.server.listRequests();
      expect(requests.filter((path) => path !== KEY_SET_PATH)).toEqual([]);
      // The plugin fetches keys at the start. For unknown kids, it fetches at most once in thirty seconds.
      expect(requests.length).toBeLessThan(10);
    });
  });
}

function checkAnswer({ told: { status, message, challenge } }: Attack, { headers, body, ...answer }: Answer): void {
  expect(answer.status, body).toBe(status);
  const realm = `Bearer realm="${POLICY_NAME}"${challenge === "" ? "" : `, ${challenge}`}`;
  expect(headers.get("www-authenticate")).toBe(challenge === null ? undefined : realm);
  expect(headers.get("cache-control")).toBe("no-store");
  expect(body).toBe(`${JSON.stringify({ message, request_id: headers.get("x-kong-request-id") })}\n`);
}

function writeRequest({ method, target, authorization, headers }: WireRequest, id: string): string {
  const lines = authorization.map((value) => `Authorization: ${value}`);
  for (let index = 0; index < headers.length; index += 2) {
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  }
  if (!headers.includes("Connection")) {
    lines.push("Connection: close");
  }
  return [`${method} ${target} HTTP/1.1`, "Host: api.example.com", `X-Case: ${id}`, ...lines, "", ""].join("\r\n");
}
