// The vocabulary of HTTP requests, as docs/plugins/when.md uses it, and a request to look at.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "expression/expression.hpp"

namespace ferrotunnel::expression {

enum RequestField : std::uint32_t { method, path, query, host, headers, size, visitor_address, tls, service, note };

inline constexpr Field request_fields[] = {
    {"request.method", Type::text, method},
    {"request.path", Type::text, path},
    {"request.query", Type::text, query},
    {"request.host", Type::text, host},
    {"request.headers", Type::map, headers},
    {"request.size", Type::integer, size},
    {"visitor.address", Type::address, visitor_address},
    {"visitor.tls", Type::boolean, tls},
    {"service.name", Type::text, service},
    {"note", Type::map, note},
};

struct RequestFacts final : Facts {
    std::map<std::uint32_t, std::string> texts = {
        {method, "GET"},           {path, "/api/users"},          {query, "page=2"},
        {host, "app.example.com"}, {visitor_address, "10.1.2.3"}, {service, "shop"}};
    std::map<std::string, std::string, std::less<>> headers_of_it = {{"host", "app.example.com"}, {"x-user", "Ann"}};
    std::map<std::string, std::string, std::less<>> notes = {{"auth.subject", "ann"}, {"empty", ""}};
    std::int64_t bytes = 1'000;
    bool is_tls = true;
    mutable int asked = 0;  // how often anything was

    bool boolean(std::uint32_t id) const override {
        ++asked;
        return id == tls && is_tls;
    }
    std::int64_t integer(std::uint32_t id) const override {
        ++asked;
        return id == size ? bytes : 0;
    }
    std::string_view text(std::uint32_t id) const override {
        ++asked;
        return texts.at(id);
    }
    std::optional<std::string_view> entry(std::uint32_t id, std::string_view key) const override {
        ++asked;
        const auto& map = id == headers ? headers_of_it : notes;
        const auto found = map.find(key);
        return found == map.end() ? std::nullopt : std::optional<std::string_view>(found->second);
    }
};

inline Expression compiled(std::string_view source) {
    CAPTURE(source);
    auto expression = Expression::compile(source, request_fields);
    INFO((expression ? "" : expression.error().text));
    REQUIRE(expression);
    return *expression;
}

inline bool holds(std::string_view source, const RequestFacts& facts = {}) {
    return compiled(source).holds(facts);
}

/// What is wrong, as "line:column: words"; empty if nothing is.
inline std::string fault_of(std::string_view source) {
    const auto expression = Expression::compile(source, request_fields);
    if (expression) {
        return "";
    }
    const Fault& fault = expression.error();
    return std::to_string(fault.place.line) + ':' + std::to_string(fault.place.column) + ": " + fault.text;
}

}  // namespace ferrotunnel::expression
