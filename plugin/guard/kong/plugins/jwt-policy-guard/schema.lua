local typedefs = require "kong.db.schema.typedefs"

-- Configuring it means default deny; there is nothing to set.
return {
  name = "jwt-policy-guard",
  fields = {
    -- Like jwt-policy: who the Consumer is would have to be known before.
    { consumer = typedefs.no_consumer },
    { protocols = typedefs.protocols_http },
    { config = { type = "record", fields = {} } },
  },
}
