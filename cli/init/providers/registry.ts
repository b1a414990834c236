import type { Provider } from "../model/provider.ts";
import { AUTH0 } from "./auth0.ts";
import { COGNITO } from "./cognito.ts";
import { ENTRA } from "./entra.ts";
import { GOOGLE } from "./google.ts";
import { KEYCLOAK } from "./keycloak.ts";
import { OIDC } from "./oidc.ts";
import { OKTA } from "./okta.ts";

/** All providers that `init` knows. */
export const PROVIDERS: readonly Provider[] = [KEYCLOAK, ENTRA, AUTH0, OKTA, COGNITO, GOOGLE, OIDC];
