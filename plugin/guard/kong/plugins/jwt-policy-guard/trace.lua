-- Adds the decision about a request to Kong's active span, for Kong's OpenTelemetry plugin. A plugin server cannot
-- write to Kong's spans, because the spans are Lua objects inside the worker.
local Trace = {}

local function add(span, conf, outcome, was_reused, line)
  span:set_attribute("jwt_policy.outcome", outcome)
  span:set_attribute("jwt_policy.reused", was_reused)
  span:set_attribute("jwt_policy.reason", line and line:match("reason=([%l_]+)"))
  -- The attributes are nil for an inline policy, and for a rule that the Route selects.
  span:set_attribute("jwt_policy.policy_file", conf.policy_file)
  span:set_attribute("jwt_policy.rule", conf.rule)
end

-- The function never throws, because a defect in tracing must not change the result for the request. If tracing is off,
-- the function does almost nothing. `line` is the log line of a refusal.
function Trace.note(conf, outcome, was_reused, line)
  local tracing = kong.tracing
  local span = tracing and tracing.active_span()
  if span then
    pcall(add, span, conf, outcome, was_reused, line)
  end
end

return Trace
