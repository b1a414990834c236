local typedefs = require "kong.db.schema.typedefs"

-- Configuring the guard means default deny. It has no settings.
return {
  name = "jwt-policy-guard",
  fields = {
    -- Like jwt-policy: with a Consumer here, the Consumer would have to be known before the guard runs.
    { consumer = typedefs.no_consumer },
    { protocols = typedefs.protocols_http },
    { config = { type = "record", fields = {} } },
  },
}
