// Which paths there are, who may ask for them, and what answers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace revsync::http {

enum class Access {
    open,     // everybody: says nothing that could harm
    control,  // whoever sits at this machine; from elsewhere only with the secret
    webhook   // with the signature or the secret, wherever it comes from; without one when none is configured
};

// Authentication and method are settled before it is called. What it throws becomes a 500.
using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

struct Route {
    Verb method = Verb::get;  // GET answers HEAD too
    std::string path;         // compared exactly, without the query
    Access access = Access::control;
    Handler handle;
};

class RouteTable {
public:
    explicit RouteTable(std::vector<Route> routes) : routes_{std::move(routes)} {}

    // nullptr: nothing answers this method on this path; `allowed` tells which methods would.
    const Route* find(Verb method, std::string_view path) const;
    // For the Allow header, "GET, HEAD"; empty when the path is unknown.
    std::string allowed(std::string_view path) const;

    const std::vector<Route>& routes() const { return routes_; }

private:
    std::vector<Route> routes_;
};

}  // namespace revsync::http
