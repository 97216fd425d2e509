// docs/openapi.json, read as a test needs it.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "http/route.hpp"

namespace revsync::http {

inline const boost::json::value& openapi() {
    static const boost::json::value document = [] {
        std::ifstream file{REVSYNC_OPENAPI};
        return boost::json::parse(std::string{std::istreambuf_iterator<char>{file}, {}});
    }();
    return document;
}

// The security requirements of an operation, "bearer" and so on; "" stands for none.
inline std::set<std::string> ways_in(const boost::json::value& operation) {
    std::set<std::string> names;
    for (const boost::json::value& requirement : operation.at("security").as_array()) {
        const boost::json::object& schemes = requirement.as_object();
        names.insert(schemes.empty() ? std::string{} : std::string{schemes.begin()->key()});
    }
    return names;
}

inline std::set<std::string> ways_in(Access access) {
    switch (access) {
        case Access::open:
            return {""};
        case Access::control:
            return {"", "basic", "bearer", "webhookSecret"};
        case Access::webhook:
            return {"", "bearer", "webhookSecret", "standardWebhooks"};
    }
    return {};
}

// The document has these routes and no other, with the same access.
inline void expect_described(const RouteTable& table) {
    std::set<std::string> described;
    for (const auto& [path, operations] : openapi().at("paths").as_object()) {
        for (const auto& [method, operation] : operations.as_object()) {
            described.insert(std::string{method} + " " + std::string{path});
        }
    }
    std::set<std::string> routed;
    for (const Route& route : table.routes()) {
        const std::string method = route.method == Verb::get ? "get" : "post";
        routed.insert(method + " " + route.path);
        const auto* operations = openapi().at("paths").as_object().if_contains(route.path);
        if (operations && operations->as_object().contains(method)) {
            EXPECT_EQ(ways_in(operations->at(method)), ways_in(route.access)) << method << " " << route.path;
        }
    }
    EXPECT_EQ(described, routed);
}

// Which rule of `schema` the value breaks, with where; "" when none. Knows the keywords that the document uses; any
// other is itself a finding.
std::string broken_rule(const boost::json::value& schema, const boost::json::value& value, const std::string& where);

// By the name of a schema.
inline std::string broken_rule(const std::string& name, const boost::json::value& value) {
    return broken_rule(openapi().at_pointer("/components/schemas/" + name), value, name);
}

}  // namespace revsync::http
