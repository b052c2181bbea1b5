-- Calls POST /v1/lookups with the bodies of a file, one a line, one after another; each thread begins elsewhere.
local bodies, next_, headers = {}, 0, { ["Content-Type"] = "application/json" }

function init(arguments)
  for line in io.lines(arguments[1]) do bodies[#bodies + 1] = line end
  if arguments[2] then headers["Authorization"] = "Bearer " .. arguments[2] end
end

function request()
  next_ = next_ % #bodies + 1
  return wrk.format("POST", "/v1/lookups", headers, bodies[next_])
end
