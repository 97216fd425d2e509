#include "http/metrics.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "http/standing.hpp"

namespace revsync::http {

namespace {

std::string escaped_label(std::string_view value) {
    std::string text;
    for (const char c : value) {
        switch (c) {
            case '\\':
                text += "\\\\";
                break;
            case '"':
                text += "\\\"";
                break;
            case '\n':
                text += "\\n";
                break;
            default:
                text += c;
        }
    }
    return text;
}

std::string label(std::string_view name, std::string_view value) {
    return fmt::format("{}=\"{}\"", name, escaped_label(value));
}

std::string labels(const StreamStatus& stream) {
    return label("stream", stream.name) + "," +
           label("direction", stream.direction == Direction::reverse ? "postgres-to-sql" : "sql-to-postgres");
}

double seconds(Timestamp time) {
    return static_cast<double>(time.microseconds()) / 1e6;
}

// Writes one family after the other; each has its HELP and TYPE before its first sample.
class Exposition {
public:
    void gauge(std::string_view name, std::string_view help) { family(name, "gauge", help); }
    void counter(std::string_view name, std::string_view help) { family(name, "counter", help); }

    // Of the family begun last. `labels` without braces, "" for none.
    template <class Number>
    void sample(std::string_view labels, Number value) {
        if constexpr (std::is_floating_point_v<Number>) {
            line(labels, fmt::format("{:.6f}", value));
        } else {
            line(labels, fmt::format("{}", value));
        }
    }
    void sample(std::string_view labels, bool value) { line(labels, value ? "1" : "0"); }
    void sample(std::string_view labels, const std::optional<Timestamp>& time) {
        if (time) {
            sample(labels, seconds(*time));
        }
    }

    std::string take() { return std::move(text_); }

private:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    }
    void line(std::string_view labels, std::string_view value) {
        text_ += name_;
        if (!labels.empty()) {
            fmt::format_to(std::back_inserter(text_), "{{{}}}", labels);
        }
        fmt::format_to(std::back_inserter(text_), " {}\n", value);
    }

    std::string text_;
    std::string_view name_;
};

void add_daemon(Exposition& out, const revsync::Status& status) {
    out.gauge("reverse_sync_build_info", "Always 1; the label is the version.");
    out.sample(label("version", status.version), true);
    out.gauge("reverse_sync_in_step",
              "1 when the last poll was complete, nothing is parked or stuck in the queue, and nothing fails.");
    out.sample("", standing(status).health == Health::in_step);
    out.gauge("reverse_sync_polling_enabled", "1 when the periodic poll runs.");
    out.sample("", status.polling);
    out.gauge("reverse_sync_catching_up", "1 while a poll runs.");
    out.sample("", status.catching_up);
    out.gauge("reverse_sync_last_poll_timestamp_seconds", "When the last poll ended.");
    out.sample("", status.last_poll);
    out.gauge("reverse_sync_next_poll_timestamp_seconds", "When the next poll is due.");
    out.sample("", status.next_poll);
    out.gauge("reverse_sync_last_poll_duration_seconds", "How long the last poll took.");
    out.sample("", static_cast<double>(status.last_duration.count()) / 1e3);
}

// Those that the settings name: an end that nobody wants is not down.
void add_ends(Exposition& out, const std::vector<EndStatus>& ends) {
    const auto sample_each = [&](auto value) {
        for (const EndStatus& end : ends) {
            if (end.configured) {
                out.sample(label("end", end.name), value(end));
            }
        }
    };
    out.gauge("reverse_sync_end_up",
              "1 when the database answered the last request, 0 when it failed or never answered.");
    sample_each([](const EndStatus& end) { return end.last_answer && !end.error; });
    out.gauge("reverse_sync_end_connections", "Open connections to the database.");
    sample_each([](const EndStatus& end) { return end.connections; });
    out.gauge("reverse_sync_end_last_answer_timestamp_seconds", "When the database last answered.");
    sample_each([](const EndStatus& end) { return end.last_answer; });
}

void add_rows(Exposition& out, const std::vector<StreamStatus>& streams, std::uint64_t Counts::*count) {
    for (const StreamStatus& stream : streams) {
        if (stream.direction == Direction::forward) {
            out.sample(labels(stream) + "," + label("via", "queue"), stream.queue.*count);
            continue;
        }
        out.sample(labels(stream) + "," + label("via", "poll"), stream.poll.*count);
        out.sample(labels(stream) + "," + label("via", "webhook"), stream.webhook.*count);
    }
}

void add_streams(Exposition& out, const std::vector<StreamStatus>& streams) {
    out.gauge("reverse_sync_stream_up", "0 when the stream has stopped with an error.");
    for (const StreamStatus& stream : streams) {
        out.sample(labels(stream), !stream.error);
    }
    out.gauge("reverse_sync_stream_position_timestamp_seconds",
              "Every change up to this time is in the target, or parked.");
    for (const StreamStatus& stream : streams) {
        out.sample(labels(stream), stream.position);
    }
    out.gauge("reverse_sync_stream_last_complete_timestamp_seconds",
              "When a poll last left nothing of the stream unread.");
    for (const StreamStatus& stream : streams) {
        if (stream.direction == Direction::reverse) {
            out.sample(labels(stream), stream.last_ok);
        }
    }
    out.gauge("reverse_sync_parked_rows", "Rows set aside because the target refuses them.");
    for (const StreamStatus& stream : streams) {
        if (stream.direction == Direction::reverse) {
            out.sample(labels(stream), stream.parked);
        }
    }
    out.counter("reverse_sync_rows_found_total", "Rows seen as changed.");
    add_rows(out, streams, &Counts::found);
    out.counter("reverse_sync_rows_changed_total", "Rows that the target did not have like this before.");
    add_rows(out, streams, &Counts::changed);
    out.counter("reverse_sync_rows_failed_total", "Attempts that ended with the row parked, or back in the queue.");
    add_rows(out, streams, &Counts::failed);
    out.counter("reverse_sync_conflicts_total", "Columns that both sides had edited, by whose edit was the newer one.");
    for (const StreamStatus& stream : streams) {
        out.sample(labels(stream) + "," + label("winner", "supabase"), stream.won_by_supabase);
        out.sample(labels(stream) + "," + label("winner", "sqlserver"), stream.won_by_sqlserver);
    }
}

void add_queue(Exposition& out, const QueueStatus& queue) {
    out.gauge("reverse_sync_queue_up", "0 when SQL Server's queue cannot be drained.");
    out.sample("", !queue.error);
    out.gauge("reverse_sync_queue_draining", "1 while the queue is drained.");
    out.sample("", queue.draining);
    out.gauge("reverse_sync_queue_standing_by", "1 while another daemon drains the queue.");
    out.sample("", queue.standing_by);
    if (queue.counts) {
        out.gauge("reverse_sync_queue_pending_items", "Edits that have still to arrive in Supabase.");
        out.sample("", queue.counts->pending);
        out.gauge("reverse_sync_queue_failed_items", "Edits that have failed for good.");
        out.sample("", queue.counts->failed);
    }
    out.gauge("reverse_sync_queue_oldest_pending_timestamp_seconds", "When the oldest pending edit was made.");
    out.sample("", queue.counts ? queue.counts->oldest_pending : std::nullopt);
    out.gauge("reverse_sync_queue_last_complete_timestamp_seconds", "When a drain last left nothing undone.");
    out.sample("", queue.last_ok);
}

void add_inbox(Exposition& out, const InboxStatus& inbox) {
    out.gauge("reverse_sync_inbox_waiting_keys", "Keys from webhooks that are not applied yet.");
    out.sample("", inbox.waiting);
    out.gauge("reverse_sync_inbox_limit_keys", "How many keys may wait.");
    out.sample("", inbox.limit);
    out.counter("reverse_sync_webhooks_received_total", "Webhooks received.");
    out.sample("", inbox.received);
    out.counter("reverse_sync_webhooks_coalesced_total", "Webhooks whose key was waiting already.");
    out.sample("", inbox.coalesced);
    out.counter("reverse_sync_webhooks_answered_total", "Webhooks by what they were answered.");
    out.sample(label("outcome", "committed"), inbox.committed);
    out.sample(label("outcome", "accepted"), inbox.accepted);
    out.sample(label("outcome", "ignored"), inbox.ignored);
    out.sample(label("outcome", "parked"), inbox.parked);
    out.sample(label("outcome", "refused"), inbox.refused);
    out.sample(label("outcome", "rejected"), inbox.rejected);
    out.counter("reverse_sync_webhook_batches_total", "Batches written for webhooks.");
    out.sample("", inbox.batches);
    out.gauge("reverse_sync_last_webhook_timestamp_seconds", "When the last webhook came.");
    out.sample("", inbox.latest);
}

void add_listener(Exposition& out, const ProcessFigures& process) {
    const ListenerCounts& counts = process.listener;
    out.gauge("reverse_sync_http_open_connections", "Connections that are open.");
    out.sample("", counts.open);
    out.counter("reverse_sync_http_connections_total", "Connections accepted.");
    out.sample("", counts.accepted);
    out.counter("reverse_sync_http_connections_cut_total", "Connections not served to their end.");
    out.sample(label("reason", "limit"), counts.refused);
    out.sample(label("reason", "made_room"), counts.dropped);
    out.sample(label("reason", "slow"), counts.timed_out);
    out.sample(label("reason", "handshake"), counts.failed_handshakes);
    out.counter("reverse_sync_http_responses_total", "Responses by class of status.");
    for (unsigned hundreds = 2; hundreds <= 5; ++hundreds) {
        out.sample(label("status", std::to_string(hundreds) + "xx"), counts.answered(hundreds));
    }
    out.counter("reverse_sync_http_refusals_total", "Requests refused for their credentials.");
    for (const Refusal refusal : all_refusals) {
        out.sample(label("reason", to_string(refusal)), process.refusals.at(static_cast<std::size_t>(refusal)));
    }
}

// Prometheus' own names for what every process has.
void add_process(Exposition& out, const revsync::Status& status, const ProcessFigures& process) {
    out.gauge("process_start_time_seconds", "When the daemon started.");
    out.sample("", seconds(status.started));
    out.gauge("process_resident_memory_bytes", "Memory in use.");
    if (process.resident_bytes) {
        out.sample("", *process.resident_bytes);
    }
}

}  // namespace

std::string metrics_text(const revsync::Status& status, const ProcessFigures& process) {
    Exposition out;
    add_daemon(out, status);
    add_ends(out, status.ends);
    add_streams(out, status.streams);
    add_inbox(out, status.inbox);
    if (status.queue) {
        add_queue(out, *status.queue);
    }
    add_listener(out, process);
    add_process(out, status, process);
    return out.take();
}

Response metrics_response(const revsync::Status& status, const ProcessFigures& process) {
    Response response;
    response.set(boost::beast::http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    response.set(boost::beast::http::field::cache_control, "no-store");
    response.body() = metrics_text(status, process);
    return response;
}

}  // namespace revsync::http
