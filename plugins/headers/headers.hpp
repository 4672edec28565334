// Changes fields of requests and responses, and permits pages of other origins to read responses (CORS). See
// plugins/headers/README.md.
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
        .summary = "changes fields of requests and responses, and permits other origins (CORS)",
        .schema = R"({
            "type": "object",
            "properties": {
                "request": {"type": "object", "description": "Changes of the request to the backend.",
                            "properties": {
                    "set": {"type": "object", "additionalProperties": {"type": "string"},
                            "description": "Replaces all fields of that name."},
                    "add": {"type": "object", "additionalProperties": {"type": "string"},
                            "description": "Adds a field of that name."},
                    "remove": {"type": ["string", "array"], "items": {"type": "string"},
                               "description": "Removes all fields of that name."}}},
                "response": {"type": "object", "description": "Changes of the response to the visitor.",
                             "properties": {
                    "set": {"type": "object", "additionalProperties": {"type": "string"}},
                    "add": {"type": "object", "additionalProperties": {"type": "string"}},
                    "remove": {"type": ["string", "array"], "items": {"type": "string"}}}},
                "cors": {"type": "object", "description": "Pages of other origins that may read responses.",
                         "required": ["origins"], "properties": {
                    "origins": {"type": ["string", "array"], "items": {"type": "string", "minLength": 1}, "minItems": 1,
                                "description": "Origins, such as https://app.example.com, or * for all."},
                    "methods": {"type": "array", "items": {"type": "string"},
                                "default": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]},
                    "headers": {"type": "array", "items": {"type": "string"}, "default": [],
                             "description": "Fields that requests may have. Default: those that a preflight requests."},
                    "expose": {"type": "array", "items": {"type": "string"}, "default": [],
                               "description": "Fields of responses that pages may read, besides the usual ones."},
                    "credentials": {"type": "boolean", "default": false,
                                    "description": "Whether requests may have cookies."},
                    "max_age": {"type": "string", "format": "duration", "formatMaximum": "24h", "default": "10m",
                                "description": "How long browsers may cache a preflight response."}}}
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
        std::optional<ValueTemplate> value;  // empty: the field is removed
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
