#include "status_report.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <exception>
#include <iterator>

#include "core/timestamp.hpp"
#include "http/standing.hpp"

namespace revsync {

namespace json = boost::json;

namespace {

// Reads members by name; what is missing or of another type throws, and the answer is no status then.
class Report {
public:
    explicit Report(const json::value& status) : status_{status}, now_{time(status.at("at"))} {}

    std::string text() {
        line("{}", view(status_.at("headline")));
        line("");
        for (const json::value& end : status_.at("ends").as_array()) {
            add_end(end);
        }
        line("");
        for (const json::value& stream : status_.at("streams").as_array()) {
            add_stream(stream);
        }
        add_parked();
        line("");
        add_webhooks(status_.at("inbox"));
        add_queue(status_.at("queue"));
        add_polls(status_.at("polling"));
        return std::move(text_);
    }

private:
    template <class... Args>
    void line(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
        text_ += '\n';
    }

    static std::string_view view(const json::value& text) { return text.as_string(); }
    static std::uint64_t number(const json::value& count) { return count.to_number<std::uint64_t>(); }
    static Timestamp time(const json::value& text) { return Timestamp::parse(view(text)).value(); }
    std::string ago(const json::value& when, std::string_view otherwise) const {
        return when.is_null() ? std::string{otherwise} : http::ago(time(when), now_);
    }
    static std::string described(const json::value& error) {
        return describe({Disposition::retry, std::string{view(error.at("code"))}, std::string{view(error.at("text"))}});
    }

    void add_end(const json::value& end) {
        const bool failed = !end.at("error").is_null();
        line("{:<12} {}, last answer {}", http::title(view(end.at("name"))),
             failed                           ? "fails"
             : end.at("configured").as_bool() ? "in use"
                                              : "not configured",
             ago(end.at("lastAnswerAt"), "none since the start"));
        if (failed) {
            line("{:<12} {}", "", described(end.at("error")));
        }
    }

    void add_stream(const json::value& stream) {
        if (view(stream.at("direction")) == "sql-to-postgres") {
            line("{:<12} to Supabase: {} edits found, {} rows changed, {} attempts failed", view(stream.at("stream")),
                 number(stream.at("queue").at("found")), number(stream.at("queue").at("changed")),
                 number(stream.at("queue").at("failed")));
        } else {
            add_reverse(stream);
        }
        if (!stream.at("error").is_null()) {
            line("{:<12} stopped: {}", "", described(stream.at("error")));
        }
    }

    void add_reverse(const json::value& stream) {
        line("{:<12} complete {}; brought {} by webhooks, {} by polls; {} parked", view(stream.at("stream")),
             ago(stream.at("lastCompleteAt"), "not yet"), stream.at("webhook").at("changed").to_number<std::uint64_t>(),
             stream.at("poll").at("changed").to_number<std::uint64_t>(),
             stream.at("parked").to_number<std::uint64_t>());
    }

    void add_parked() {
        const auto all = status_.at("parkedRows").to_number<std::uint64_t>();
        const json::array& rows = status_.at("parked").as_array();
        if (all > 0) {
            line("");
            line("Parked rows: {}. Each is tried again at every poll; mend what its message names.", all);
        }
        for (const json::value& row : rows) {
            line("  {} {}: {}; tried {}x, last {}", view(row.at("stream")), view(row.at("key")),
                 described(row.at("error")), row.at("attempts").to_number<std::uint64_t>(),
                 ago(row.at("lastFailedAt"), ""));
        }
        if (all > rows.size()) {
            line("  and {} more in the quarantine file", all - rows.size());
        }
    }

    void add_webhooks(const json::value& inbox) {
        line("Webhooks     last {}; {} received, {} refused, {} of {} keys waiting",
             ago(inbox.at("lastAt"), "none since the start"), inbox.at("received").to_number<std::uint64_t>(),
             inbox.at("refused").to_number<std::uint64_t>(), inbox.at("waiting").to_number<std::uint64_t>(),
             inbox.at("limit").to_number<std::uint64_t>());
    }

    void add_queue(const json::value& queue) {
        if (!queue.at("enabled").as_bool()) {
            line("Queue        {}", view(queue.at("reason")));
            return;
        }
        if (queue.at("standingBy").as_bool()) {
            line("Queue        another daemon drains it");
            return;
        }
        if (queue.at("pending").is_null()) {
            line("Queue        not asked yet");
        } else {
            line("Queue        {} pending, the oldest {}; {} failed; drained {}",
                 queue.at("pending").to_number<std::uint64_t>(), ago(queue.at("oldestPendingAt"), "none"),
                 queue.at("failed").to_number<std::uint64_t>(), ago(queue.at("lastCompleteAt"), "not yet"));
        }
        if (!queue.at("error").is_null()) {
            line("{:<12} {}", "", described(queue.at("error")));
        }
    }

    void add_polls(const json::value& polling) {
        const json::value& next = polling.at("nextPollAt");
        line("Polls        last {}; next {}; version {}, started {}", ago(polling.at("lastPollAt"), "not yet"),
             next.is_null() ? "none" : http::until(time(next), now_), view(status_.at("version")),
             ago(status_.at("startedAt"), ""));
    }

    const json::value& status_;
    Timestamp now_;
    std::string text_;
};

}  // namespace

Result<StatusReport> report_status(std::string_view body) try {
    const json::value status = json::parse(body);
    StatusReport report;
    report.in_step = status.at("inStep").as_bool();
    report.text = Report{status}.text();
    return report;
} catch (const std::exception&) {
    return Error{Disposition::retry, "",
                 "the answer is not a status of this version; check which program has HOST and PORT"};
}

}  // namespace revsync
