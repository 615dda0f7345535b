-- For wrk: asks for PATH at policy hosts that are drawn out of DOMAINS, with words PATH DOMAINS SEED behind "--".
-- The names are made as they are needed: a table of all would take the processors' common cache from the server.
local head, domains

function init(words)
  head = "GET " .. words[1] .. " HTTP/1.1\r\nHost: mta-sts.customer-"
  domains = tonumber(words[2])
  math.randomseed(tonumber(words[3]))
end

function request()
  return head .. math.random(0, domains - 1) .. ".example\r\n\r\n"
end
