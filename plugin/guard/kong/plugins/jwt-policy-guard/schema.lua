local typedefs = require "kong.db.schema.typedefs"

-- As a configured plugin, the guard enforces default deny. The guard has no settings.
return {
  name = "jwt-policy-guard",
  fields = {
    -- Like jwt-policy, the guard cannot be configured for a Consumer, because Kong would have to know the Consumer
    -- before the guard runs.
    { consumer = typedefs.no_consumer },
    { protocols = typedefs.protocols_http },
    { config = { type = "record", fields = {} } },
  },
}
