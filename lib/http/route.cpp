#include "http/route.hpp"

#include <algorithm>

namespace revsync::http {

const Route* RouteTable::find(Verb method, std::string_view path) const {
    const Verb wanted = method == Verb::head ? Verb::get : method;
    const auto route = std::ranges::find_if(
        routes_, [&](const Route& candidate) { return candidate.method == wanted && candidate.path == path; });
    return route == routes_.end() ? nullptr : &*route;
}

std::string RouteTable::allowed(std::string_view path) const {
    std::string methods;
    for (const Route& route : routes_) {
        if (route.path == path) {
            methods += methods.empty() ? "" : ", ";
            methods += route.method == Verb::get ? "GET, HEAD" : std::string_view{to_string(route.method)};
        }
    }
    return methods;
}

}  // namespace revsync::http
