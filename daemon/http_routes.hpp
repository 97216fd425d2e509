// What the HTTP routes do, said in terms of what the daemon can do.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <vector>

#include "core/error.hpp"
#include "http/metrics.hpp"
#include "http/route.hpp"
#include "sync/catch_up.hpp"
#include "sync/drain.hpp"
#include "sync/inbox.hpp"
#include "sync/status.hpp"
#include "sync/webhook_event.hpp"

namespace revsync {

struct Controls {
    std::function<boost::asio::awaitable<Delivery>(WebhookEvent)> deliver;
    // Starts a catch-up or joins the one that runs; its report has an error when there can be none.
    std::function<boost::asio::awaitable<CatchUpReport>()> catch_up;
    // SQL Server's queue has items: it is drained soon. The error: it is not drained at all.
    std::function<Result<void>()> notify;
    // Starts a drain of the queue or joins the one that runs; its report has an error when there can be none.
    std::function<boost::asio::awaitable<DrainReport>()> drain;
    // How everything is, an end that has long been silent asked first.
    std::function<boost::asio::awaitable<Status>()> status;
    std::function<http::ProcessFigures()> process;
};

// Every path of docs/openapi.json. The handlers keep `controls`.
std::vector<http::Route> http_routes(const Controls& controls);

}  // namespace revsync
