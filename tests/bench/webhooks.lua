-- For wrk: webhooks for edits of the notes 1 to `count`, each once, in an order that has nothing to do with their places
-- in the table; then from the start again. Arguments: secret, count, edition, edited at, first, and the texts before and
-- after a note's number.
local secret, count, edition, edited_at, first, before, after
local sent = 0
local head

function init(args)
    secret, count, edition, edited_at, first, before, after = args[1], tonumber(args[2]), args[3], args[4], tonumber(args[5]), args[6], args[7]
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    wrk.headers["Authorization"] = "Bearer " .. secret
    wrk.headers["User-Agent"] = "pg_net/0.14.0"
    -- wrk.format() costs more than the text: it is called once.
    head = wrk.format(nil, nil, nil, ""):gsub("Content%-Length: 0\r\n", ""):gsub("\r\n\r\n$", "\r\n")
end

local function note(id, text, time)
    return '{"note_id":' .. id .. ',"is_read":false,"edited_at":' .. time .. ',"is_edited":true,"note_text":"' .. text ..
        '","note_type":"Doctor","created_at":"2025-01-01T09:00:00+00:00","aligner_set_id":' .. (1 + id % 20) .. '}'
end

function request()
    local id = (first + sent) * 7919 % count + 1
    sent = sent + 1
    local text = before .. id .. after
    local body = '{"type":"UPDATE","table":"aligner_notes","schema":"public","record":' ..
        note(id, text .. edition, '"' .. edited_at .. '"') .. ',"old_record":' .. note(id, text, "null") .. '}'
    return head .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        'wrk: {"answers":%d,"seconds":%.6f,"not_2xx":%d,"broken":%d,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f}\n',
        summary.requests, summary.duration / 1e6, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
