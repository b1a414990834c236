import { findDex } from "./dex.ts";
import { findKeycloak } from "./keycloak.ts";
import { oidcProvider } from "./oidc-provider.ts";
import { runProvider } from "./run-provider.ts";

for (const kind of [oidcProvider, await findKeycloak(), findDex()]) {
  runProvider(kind);
}
