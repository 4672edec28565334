// Changes fields of requests and answers, and lets pages of other origins read answers (CORS).
// plugins/headers/README.md has the settings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "headers/cors.hpp"
#include "headers/value_template.hpp"

namespace ferrotunnel::plugins {

class Headers final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "headers",
        .version = "1.0",
        .summary = "changes fields of requests and answers, and permits other origins (CORS)",
        .schema = R"({
            "type": "object",
            "properties": {
                "request": {"type": "object", "description": "Changes before the backend sees the request.",
                            "properties": {
                    "set": {"type": "object", "additionalProperties": {"type": "string"},
                            "description": "Replaces all fields of that name."},
                    "add": {"type": "object", "additionalProperties": {"type": "string"},
                            "description": "One more field of that name."},
                    "remove": {"type": ["string", "array"], "items": {"type": "string"},
                               "description": "Takes all fields of that name away."}}},
                "response": {"type": "object", "description": "Changes before the visitor sees the answer.",
                             "properties": {
                    "set": {"type": "object", "additionalProperties": {"type": "string"}},
                    "add": {"type": "object", "additionalProperties": {"type": "string"}},
                    "remove": {"type": ["string", "array"], "items": {"type": "string"}}}},
                "cors": {"type": "object", "description": "Pages of other origins that may read answers.",
                         "required": ["origins"], "properties": {
                    "origins": {"type": ["string", "array"], "items": {"type": "string", "minLength": 1}, "minItems": 1,
                                "description": "Origins such as https://app.example.com, or * for all."},
                    "methods": {"type": "array", "items": {"type": "string"},
                                "default": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]},
                    "headers": {"type": "array", "items": {"type": "string"}, "default": [],
                                "description": "Fields that requests may have; without any, those that they ask for."},
                    "expose": {"type": "array", "items": {"type": "string"}, "default": [],
                               "description": "Fields of answers that pages may read, besides the usual ones."},
                    "credentials": {"type": "boolean", "default": false,
                                    "description": "Whether requests may have cookies."},
                    "max_age": {"type": "string", "format": "duration", "formatMaximum": "24h", "default": "10m",
                                "description": "How long browsers may keep a permission."}}}
            }
        })"};

    /// Reports every value that cannot be used, with its place.
    static void check(const plugin::Settings& settings);
    explicit Headers(const plugin::Settings& settings);

    plugin::Decision on_request(plugin::Exchange& exchange) override;
    plugin::Decision on_response(plugin::Exchange& exchange) override;

private:
    struct Change {
        std::string name;
        std::optional<ValueTemplate> value;  // nothing: the field is taken away
        bool replaces = true;
    };
    using Changes = std::vector<Change>;

    static Changes read(const plugin::Settings& settings, const std::string& side, bool only_checks);
    static bool apply(const Changes& changes, plugin::Exchange& exchange, plugin::Side side);

    Changes request_;
    Changes response_;
    std::optional<Cors> cors_;
};

}  // namespace ferrotunnel::plugins
