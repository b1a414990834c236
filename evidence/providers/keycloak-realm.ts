import { type Provider, type RotationSteps, takeStepsAtOnce } from "./provider.ts";

const REALM = "proof";
const CLIENT = { id: "proof", secret: "for-this-run-only" };
const AUDIENCE = "https://api.example.com/proof";
const KEY_PROVIDER = "org.keycloak.keys.KeyProvider";

/**
 * Makes a realm with one client over the Admin API. Also rotates the realm's keys there.
 *
 * @param password the password of `admin`.
 * @throws Error with the answer of the Admin API.
 */
export async function createKeycloakRealm(url: string, password: string): Promise<Omit<Provider, "name" | "stop">> {
  const tokenOf = async (realm: string, fields: Record<string, string>): Promise<string> => {
    const response = await fetch(`${url}/realms/${realm}/protocol/openid-connect/token`, {
      method: "POST",
      body: new URLSearchParams(fields),
    });
    const answer = (await response.json()) as { access_token?: unknown };
    if (typeof answer.access_token !== "string") {
      throw new Error(`Keycloak gave no token: ${response.status} ${JSON.stringify(answer)}`);
    }
    return answer.access_token;
  };
  /** The administrator's tokens are valid for a minute. */
  const admin = async (method: string, path: string, body?: object): Promise<Response> => {
    const token = await tokenOf("master", {
      grant_type: "password",
      client_id: "admin-cli",
      username: "admin",
      password,
    });
    const response = await fetch(`${url}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) {
      throw new Error(`Keycloak answered ${method} ${path}: ${response.status} ${await response.text()}`);
    }
    return response;
  };

  await admin("POST", "", { realm: REALM, enabled: true, accessTokenLifespan: 3600 });
  const { id: parentId } = (await (await admin("GET", `/${REALM}`)).json()) as { id: string };
  await admin("POST", `/${REALM}/clients`, {
    clientId: CLIENT.id,
    secret: CLIENT.secret,
    publicClient: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    protocolMappers: [
      {
        name: "audience",
        protocol: "openid-connect",
        protocolMapper: "oidc-audience-mapper",
        config: { "included.custom.audience": AUDIENCE, "access.token.claim": "true" },
      },
    ],
  });

  let priority = 1_000;
  const describeKey = (name: string, wanted: number): object => ({
    name,
    parentId,
    providerId: "rsa-generated",
    providerType: KEY_PROVIDER,
    config: { priority: [String(wanted)], algorithm: ["RS256"] },
  });
  const listKeys = async (): Promise<readonly { id: string; name: string; providerId: string }[]> =>
    (await (await admin("GET", `/${REALM}/components?type=${KEY_PROVIDER}`)).json()) as never;
  const findKey = async (name: string): Promise<string> =>
    (await listKeys()).find((key) => key.name === name)?.id ?? "";

  let published = "rsa-generated"; // A new realm's own.
  const steps: RotationSteps = {
    async publish() {
      priority += 1;
      published = `proof-${priority}`;
      // The key with the highest priority signs.
      await admin("POST", `/${REALM}/components`, describeKey(published, 1));
    },
    async switchOver() {
      const id = await findKey(published);
      await admin("PUT", `/${REALM}/components/${id}`, { id, ...describeKey(published, priority) });
    },
    async retire() {
      for (const { id, name, providerId } of await listKeys()) {
        if (providerId === "rsa-generated" && name !== published) {
          await admin("DELETE", `/${REALM}/components/${id}`);
        }
      }
    },
  };
  return {
    issuer: {
      issuer: `${url}/realms/${REALM}`,
      audiences: [AUDIENCE],
      token_type: "JWT",
      keys: { discovery: true },
    },
    scope: "profile",
    mintToken: () =>
      tokenOf(REALM, { grant_type: "client_credentials", client_id: CLIENT.id, client_secret: CLIENT.secret }),
    switchAtOnce: () => takeStepsAtOnce(steps),
    steps,
  };
}
