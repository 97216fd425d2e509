#include "http/status_page.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "http/standing.hpp"
#include "http/status_page_style.hpp"

namespace revsync::http {

namespace {

// A state is told by colour, mark and word together: no one of them alone.
struct Look {
    std::string_view style;
    std::string_view mark;
    std::string_view colour;  // of the icon in the browser's tab, where the style does not reach
};

constexpr Look good{"good", "✓", "%2317692f"};
constexpr Look busy{"busy", "↻", "%230b5cad"};
constexpr Look warn{"warn", "!", "%23875200"};
constexpr Look bad{"bad", "×", "%23b3261e"};
constexpr Look off{"off", "–", "%2357606a"};

Look look(Health health) {
    switch (health) {
        case Health::in_step:
            return good;
        case Health::catching_up:
            return busy;
        case Health::rows_parked:
            return warn;
        case Health::standing_by:
        case Health::not_polling:
            return off;
        case Health::failing:
            return bad;
    }
    return off;
}

// Appends HTML. The format is markup; every argument of it has been escaped or is a number.
class Html {
public:
    explicit Html(Timestamp now) : now_{now} {}

    template <class... Args>
    void add(fmt::format_string<Args...> markup, Args&&... args) {
        fmt::format_to(std::back_inserter(text_), markup, std::forward<Args>(args)...);
    }

    void badge(Look look, std::string_view word) {
        add("<span class=\"badge {}\" data-mark=\"{}\">{}</span>", look.style, look.mark, escaped_html(word));
    }
    template <class Value>
    void fact(std::string_view name, const Value& value) {
        add("<div><dt>{}</dt><dd>{}</dd></div>", name, value);
    }
    void fact(std::string_view name, const std::optional<Timestamp>& time, std::string_view none) {
        fact(name, time ? moment(*time, ago(*time, now_)) : std::string{none});
    }
    // A message of ours or of a server: it may be in any language.
    void error(const Error& error) { add("<p class=\"error\" dir=\"auto\">{}</p>", escaped_html(describe(error))); }

    static std::string moment(Timestamp time, std::string_view words) {
        return fmt::format("<time datetime=\"{}\" title=\"{}\">{}</time>", time.iso_milliseconds(),
                           escaped_html(format_local(time)), escaped_html(words));
    }

    Timestamp now() const { return now_; }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
    Timestamp now_;
};

void add_head(Html& html, const Standing& standing) {
    const Look shown = look(standing.health);
    html.add(
        "<!doctype html><html lang=\"en\" dir=\"ltr\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">"
        "<meta http-equiv=\"refresh\" content=\"30\"><title>{} · Reverse Sync</title>",
        words(standing.health));
    html.add(
        "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
        "%3Crect width='16' height='16' rx='{}' fill='{}'/%3E%3C/svg%3E\"><style>{}</style></head><body>",
        standing.health == Health::failing ? 2 : 8, shown.colour, status_page_style);
}

void add_hero(Html& html, const revsync::Status& status, const Standing& standing) {
    const Look shown = look(standing.health);
    html.add("<main><section class=\"hero {}\" aria-label=\"State\">", shown.style);
    html.badge(shown, words(standing.health));
    html.add("<h1 dir=\"auto\">{}</h1><dl class=\"tiles\">", escaped_html(standing.headline));
    html.fact("Last poll", status.last_poll, "not yet");
    if (status.last_poll) {
        html.fact("It took", fmt::format("{} ms", status.last_duration.count()));
    }
    if (status.next_poll) {
        html.fact("Next poll", Html::moment(*status.next_poll, until(*status.next_poll, status.now)));
    }
    html.fact("Last webhook", status.inbox.latest, "none since the start");
    html.fact("Started", Html::moment(status.started, ago(status.started, status.now)));
    html.add("</dl></section>");
}

void add_end(Html& html, const EndStatus& end) {
    html.add("<li class=\"card\"><header><h3>{}</h3>", escaped_html(title(end.name)));
    if (!end.configured) {
        html.badge(off, "Not configured");
    } else if (end.error) {
        html.badge(bad, end.error->connection_lost ? "Cannot be reached" : "Cannot be used");
    } else if (!end.last_answer) {
        html.badge(busy, "Not asked yet");
    } else {
        html.badge(good, "Answers");
    }
    html.add("</header>");
    if (end.error) {
        html.error(*end.error);
    }
    html.add("<dl>");
    html.fact("Last answer", end.last_answer, "none since the start");
    html.fact("Connections", end.connections);
    html.add("</dl></li>");
}

void add_ends(Html& html, const revsync::Status& status) {
    html.add("<section aria-labelledby=\"databases\"><h2 id=\"databases\">Databases</h2><ul class=\"cards\">");
    for (const EndStatus& end : status.ends) {
        add_end(html, end);
    }
    html.add("</ul></section>");
}

// `at_work`: nothing outside the stream keeps this daemon from carrying it.
void add_stream(Html& html, const StreamStatus& stream, bool at_work) {
    html.add("<li class=\"card\"><header><h3><bdi>{}</bdi></h3>", escaped_html(stream.name));
    if (stream.error) {
        html.badge(bad, "Stopped");
    } else if (!at_work) {
        html.badge(off, "Waiting");
    } else if (!stream.last_ok) {
        html.badge(busy, "Not complete yet");
    } else if (stream.parked > 0) {
        html.badge(warn, "Rows parked");
    } else {
        html.badge(good, "In step");
    }
    html.add("</header><p class=\"soft small\">{}</p>",
             stream.direction == Direction::reverse ? "Supabase → SQL Server" : "SQL Server → Supabase");
    if (stream.error) {
        html.error(*stream.error);
    }
    html.add("<dl>");
    if (stream.direction == Direction::reverse) {
        html.fact("Complete", stream.last_ok, "not yet");
        html.fact("Position", stream.position, "none yet");
        html.fact("Brought by webhooks", stream.webhook.changed);
        html.fact("Brought by polls", stream.poll.changed);
        html.fact("Failed attempts", stream.webhook.failed + stream.poll.failed);
        html.fact("Parked", stream.parked);
    } else {
        html.fact("Edits found", stream.queue.found);
        html.fact("Rows changed", stream.queue.changed);
        html.fact("Failed attempts", stream.queue.failed);
    }
    if (const auto conflicts = stream.won_by_supabase + stream.won_by_sqlserver; conflicts > 0) {
        html.fact("Edited on both sides", conflicts);
    }
    html.add("</dl></li>");
}

void add_streams(Html& html, const revsync::Status& status) {
    html.add("<section aria-labelledby=\"streams\"><h2 id=\"streams\">Streams</h2><ul class=\"cards\">");
    const bool ends_answer =
        std::ranges::none_of(status.ends, [](const EndStatus& end) { return end.error || !end.configured; });
    const bool drained_here = status.queue && !status.queue->standing_by;
    for (const StreamStatus& stream : status.streams) {
        add_stream(html, stream, ends_answer && (stream.direction == Direction::reverse || drained_here));
    }
    html.add("</ul></section>");
}

void add_parked_row(Html& html, const ParkedRow& row) {
    html.add("<li><h3><bdi>{}</bdi> <code><bdi>{}</bdi></code></h3>", escaped_html(row.stream), escaped_html(row.key));
    html.error(Error{Disposition::row, row.error_code, row.error_text});
    html.add("<p class=\"soft small\">Tried {} {}, first {}, last {}</p></li>", row.attempts,
             row.attempts == 1 ? "time" : "times", Html::moment(row.first_failed, ago(row.first_failed, html.now())),
             Html::moment(row.last_failed, ago(row.last_failed, html.now())));
}

void add_parked(Html& html, const revsync::Status& status) {
    html.add("<section aria-labelledby=\"parked\"><h2 id=\"parked\">Parked rows</h2>");
    const std::size_t all = parked_rows(status);
    if (all == 0) {
        html.add("<p class=\"soft\">None.</p></section>");
        return;
    }
    html.add("<p class=\"soft\">{} parked. Each is tried again at every poll; mend what its message names.</p>", all);
    html.add("<ul class=\"list\">");
    for (const ParkedRow& row : status.parked) {
        add_parked_row(html, row);
    }
    html.add("</ul>");
    if (all > status.parked.size()) {
        html.add("<p class=\"soft small\">{} more are in the quarantine file.</p>", all - status.parked.size());
    }
    html.add("</section>");
}

void add_inbox(Html& html, const InboxStatus& inbox) {
    html.add(
        "<section aria-labelledby=\"webhooks\"><h2 id=\"webhooks\">Webhooks</h2><div class=\"card\"><dl "
        "class=\"tiles\">");
    html.fact("Received", inbox.received);
    html.fact("Committed (200)", inbox.committed);
    html.fact("Accepted (202)", inbox.accepted);
    html.fact("Ignored", inbox.ignored);
    html.fact("Refused (503)", inbox.refused);
    html.fact("Keys waiting", fmt::format("{} of {}", inbox.waiting, inbox.limit));
    html.add("</dl></div></section>");
}

void add_queue(Html& html, const revsync::Status& status) {
    html.add("<section aria-labelledby=\"queue\"><h2 id=\"queue\">SQL Server's queue</h2><div class=\"card\">");
    if (!status.queue) {
        html.add("<p class=\"soft\" dir=\"auto\">{}</p></div></section>", escaped_html(status.why_not_drained));
        return;
    }
    const QueueStatus& queue = *status.queue;
    if (queue.error) {
        html.error(*queue.error);
    }
    if (queue.standing_by) {
        html.add("<p>Another daemon drains it; this one stands by.</p>");
    }
    html.add("<dl class=\"tiles\">");
    if (queue.counts) {
        html.fact("Pending", queue.counts->pending);
        html.fact("Oldest pending", queue.counts->oldest_pending, "none");
        html.fact("Failed for good", queue.counts->failed);
    }
    html.fact("Last drained", queue.last_ok, "not yet");
    html.add("</dl></div></section>");
}

void add_events(Html& html, const revsync::Status& status) {
    html.add("<section aria-labelledby=\"events\"><h2 id=\"events\">Last events</h2>");
    if (status.events.empty()) {
        html.add("<p class=\"soft\">None since the start.</p></section>");
        return;
    }
    html.add("<ol class=\"list events\">");
    for (const ActivityEvent& event : status.events) {
        html.add("<li>{}<span dir=\"auto\">{}</span></li>", Html::moment(event.at, format_local(event.at)),
                 escaped_html(event.text));
    }
    html.add("</ol></section>");
}

// The source expression of a Content-Security-Policy, 'sha256-…' (https://www.w3.org/TR/CSP3/#grammardef-hash-source).
std::string hash_source(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
    std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> encoded{};
    const int count = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(length));
    return fmt::format("'sha256-{}'", std::string{encoded.begin(), encoded.begin() + count});
}

}  // namespace

std::string escaped_html(std::string_view text) {
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string status_page(const revsync::Status& status) {
    const Standing judged = standing(status);
    Html html{status.now};
    add_head(html, judged);
    html.add("<header class=\"soft small\">Reverse Sync {}</header>", escaped_html(status.version));
    add_hero(html, status, judged);
    add_ends(html, status);
    add_streams(html, status);
    add_parked(html, status);
    add_inbox(html, status.inbox);
    add_queue(html, status);
    add_events(html, status);
    html.add(
        "</main><footer class=\"soft small\">As of {}; loaded again every 30 s. Times are this machine's.</footer>",
        Html::moment(status.now, format_local(status.now)));
    html.add("</body></html>\n");
    return html.take();
}

Response status_page_response(const revsync::Status& status) {
    static const std::string policy = fmt::format(
        "default-src 'none'; style-src {}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash_source(status_page_style));
    Response response;
    response.set(boost::beast::http::field::content_type, "text/html; charset=utf-8");
    response.set(boost::beast::http::field::cache_control, "no-store");
    response.set("Content-Security-Policy", policy);
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Referrer-Policy", "no-referrer");
    response.body() = status_page(status);
    return response;
}

}  // namespace revsync::http
