-- Reads the facts by which the plugin judges a request. Each function reads the request in its current state, with the
-- changes that earlier plugins made.
local KNOWN_TO_NGINX = { ["user-agent"] = true, ["x-forwarded-for"] = true }
-- The pattern is equal to the pattern in plugin/kong/facts/narrow-facts.ts, where a comment explains it.
local PLAIN =
  [[^(?!OPTIONS )([A-Z]{1,16}) /(?:[A-Za-z0-9](?:\.(?=[A-Za-z0-9]))?|[_~/-])*(?:\?[!"$-~]*)? HTTP/[0-9.]{1,8}$]]
local MAX_PLAIN_LENGTH = 2048
local USUAL_LINE = [[^(?!OPTIONS )[A-Z]{1,16} [!-~]+ HTTP/[0-9.]{1,8}$]]

local Facts = {}

-- Appends `values` to `list`: one value, each value of a table, or nothing.
local function append(list, values)
  for _, value in ipairs(type(values) == "table" and values or { values }) do
    list[#list + 1] = value
  end
end

-- The header names in the first line of the facts variable, and their spellings with "_". The first line comes from Kong's
-- configuration and does not change between requests.
local known_head, names, spellings

local function read_head(head)
  if head == known_head then
    return
  end
  names, spellings = {}, {}
  for name in head:sub(3):gmatch("%S+") do
    names[#names + 1] = name
    local spelled = { "" }
    for character in name:gmatch(".") do
      for index = 1, #spelled do
        local start = spelled[index]
        spelled[index] = start .. character
        if character == "-" then
          spelled[#spelled + 1] = start .. "_"
        end
      end
    end
    -- nginx itself reads two of the relevant headers, and nginx's variables for these two headers accept only the
    -- spelling with "-".
    for index = KNOWN_TO_NGINX[name] and #spelled + 1 or 2, #spelled do
      spellings[spelled[index]] = name
    end
  end
  known_head = head
end

-- Returns the relevant headers under names in which each "_" is replaced by "-". nginx's variables treat both spellings as one
-- name, so the plugin must judge all values of both spellings. This function cannot know in which order the client sent
-- the spellings. So the function sorts the spellings, and the same headers always give the same text. The function
-- changes only the relevant headers, because a client can send thousands of headers. Returns nil if the client sent all
-- names with "-".
local function merge_spellings(headers)
  local found
  for name in pairs(headers) do
    if spellings[name] then
      found = found or {}
      found[#found + 1] = name
    end
  end
  if not found then
    return nil
  end
  table.sort(found)
  local merged = {}
  for _, name in ipairs(found) do
    local dashed = spellings[name]
    if not merged[dashed] then
      merged[dashed] = {}
      append(merged[dashed], rawget(headers, dashed))
    end
    append(merged[dashed], headers[name])
  end
  return merged
end

-- Joins all values of a header into one string.
local function join(values, separator)
  return type(values) == "table" and table.concat(values, separator) or values
end

-- `rawget` avoids the slow look-up of the header table, because the slow look-up also tries other spellings.
local function value_of(request, name)
  local values = request.merged and request.merged[name] or rawget(request.sent, name)
  return values and join(values, name == "cookie" and "; " or ", ") or ""
end

-- Reads the facts of the request. `variable` is the facts variable, whose first line names the headers.
function Facts.read(variable)
  local head = variable:match("^[^\n]*")
  read_head(head)
  local sent = ngx.req.get_headers(0)
  return { head = head, sent = sent, merged = merge_spellings(sent), line = ngx.var.request }
end

-- Writes the facts in the format of the facts variable (plugin/kong/facts/facts-variable.ts). The text `more` follows
-- the addresses. The plugin server expects `more` at this position, and accepts it only from the guard. `mark` is the
-- last line. A client cannot add a line to the facts, because none of the values in the facts can contain a line feed.
-- The function replaces each byte beyond ASCII with a byte that no check accepts. Without this replacement, the stock
-- server's decoder would turn some of these bytes into line feeds and letters. The function never makes a string of the
-- facts that lacks the mark. LuaJIT hashes the end of a string, and only the mark makes the end different in every
-- request (see Facts.narrow).
function Facts.render(request, more, mark)
  local var = ngx.var
  local addresses = var.scheme .. " " .. var.realip_remote_addr .. " " .. var.remote_addr .. more
  local lines = { request.head, request.line, addresses }
  for _, name in ipairs(names) do
    lines[#lines + 1] = value_of(request, name)
  end
  lines[#lines + 1] = mark
  local facts = table.concat(lines, "\n")
  return ngx.re.find(facts, "[\\x80-\\xff]", "jo") and facts:gsub("[\128-\255]", "\127") or facts
end

local function narrow_line(line, counted)
  if not counted.target and #line <= MAX_PLAIN_LENGTH then
    local from, to = ngx.re.find(line, PLAIN, "jo", nil, 1)
    if from then
      return line:sub(from, to)
    end
  end
  return ngx.re.find(line, USUAL_LINE, "jo") and line or nil
end

local function describe_route()
  local route = kong.router.get_route()
  return (route and route.name or "") .. "\t" .. table.concat(route and route.tags or {}, "\t")
end

-- Returns the text that is equal for all requests with the same verdict. Returns nil if the plugin server must judge
-- the request in any case. The token comes last in the text, because LuaJIT hashes only a few positions of a long
-- string, including its end. If the texts differed only in the middle, many texts would have the same hash. LuaJIT
-- would then compare each new text with all others.
function Facts.narrow(request, conf, counted)
  local line = narrow_line(request.line, counted)
  if not line then
    return nil
  end
  local transport, client, route = "", "", ""
  if counted.transport then
    local var = ngx.var
    local scheme = var.scheme
    transport = scheme == "https" and scheme
      or table.concat({ scheme, var.realip_remote_addr, var.remote_addr, value_of(request, "x-forwarded-proto") }, " ")
  end
  if counted.client then
    -- To find tokens that several clients use, the plugin server must see each new client address of a token.
    client = ngx.var.remote_addr
  end
  if counted.route then
    route = describe_route()
  end
  local id, connection = string.format("%d", conf.__seq__), value_of(request, "connection")
  local parts = { conf.__plugin_id, id, line, transport, client, route, connection }
  for _, name in ipairs(counted.headers) do
    parts[#parts + 1] = value_of(request, name)
  end
  return table.concat(parts, "\n")
end

return Facts
