// status-page-samples FOLDER: writes made-up states of the daemon as it would answer them, NAME.html, NAME.json and
// NAME.prom (for promtool), and the page's header fields as headers.json.
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "http/metrics.hpp"
#include "http/status_json.hpp"
#include "http/status_page.hpp"
#include "http/statuses.hpp"

namespace {

namespace http = revsync::http;
namespace json = boost::json;

void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream{file, std::ios::binary} << text;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: status-page-samples FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path folder{argv[1]};
    std::filesystem::create_directories(folder);
    const std::map<std::string, revsync::Status> samples{{"in_step", http::in_step()},
                                                         {"with_parked_rows", http::with_parked_rows()},
                                                         {"sqlserver_down", http::sqlserver_down()},
                                                         {"stream_stopped", http::stream_stopped()},
                                                         {"just_started", http::just_started()},
                                                         {"not_configured", http::not_configured()},
                                                         {"draining_too", http::draining_too()},
                                                         {"queue_stuck", http::with_stuck_queue(3)},
                                                         {"queue_unusable", http::queue_unusable()},
                                                         {"forward_stream_stopped", http::forward_stream_stopped()},
                                                         {"standing_by", http::standing_by()},
                                                         {"hostile", http::hostile()}};
    for (const auto& [name, status] : samples) {
        write(folder / (name + ".html"), http::status_page_response(status).body());
        write(folder / (name + ".json"), http::status_response(status).body());
        write(folder / (name + ".prom"), http::metrics_text(status, {}));
    }
    json::object headers;
    for (const auto& field : http::status_page_response(http::in_step())) {
        headers[std::string_view{field.name_string()}] = std::string_view{field.value()};
    }
    write(folder / "headers.json", json::serialize(headers));
    return 0;
}
