// Compresses answers for visitors who take that. plugins/compress/README.md has the settings.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "compress/accept_encoding.hpp"
#include "compress/media_types.hpp"
#include "compress/memory_budget.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

class Compress final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "compress", .version = "1.0", .summary = "compresses answers with brotli or gzip", .schema = R"({
            "type": "object",
            "properties": {
                "encodings": {"type": ["string", "array"], "items": {"type": "string", "enum": ["br", "gzip"]},
                              "minItems": 1, "default": ["br", "gzip"],
                              "description": "What may be used; brotli goes first where a visitor wants both alike."},
                "gzip_level": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5,
                               "description": "1 is the fastest."},
                "brotli_level": {"type": "integer", "minimum": 1, "maximum": 6, "default": 4,
                                 "description": "1 is the fastest."},
                "min_size": {"type": "string", "format": "bytes", "formatMinimum": "1", "formatMaximum": "1GiB",
                             "default": "1KiB",
                             "description": "Answers that say that they have fewer bytes are left alone."},
                "types": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 64,
                          "default": ["text/*", "application/json", "application/*+json", "application/javascript",
                                      "application/x-javascript", "application/xml", "application/*+xml",
                                      "application/x-ndjson", "application/wasm", "application/graphql",
                                      "image/svg+xml", "image/bmp", "font/ttf", "font/otf",
                                      "application/vnd.ms-fontobject"],
                          "description": "Types of content that are compressed, such as text/* or application/*+json."},
                "memory": {"type": "string", "format": "bytes", "formatMinimum": "4MiB", "formatMaximum": "64GiB",
                           "default": "256MiB",
                           "description": "What all answers that are compressed at the same time may take together."}
            }
        })"};

    /// Reports every value that cannot be used, with its place.
    static void check(const plugin::Settings& settings);
    explicit Compress(const plugin::Settings& settings);

    plugin::Decision on_response(plugin::Exchange& exchange) override;

private:
    struct Offer {
        Coding coding;
        int level;
    };

    std::vector<Offer> wanted(const plugin::Exchange& exchange, bool& takes_plain) const;
    plugin::Decision compress(plugin::Exchange& exchange, const Offer& offer, MemoryBudget::Share share) const;

    std::vector<Offer> offers_;  // the one that is preferred first
    MediaTypes types_;
    std::size_t min_size_;
    std::shared_ptr<MemoryBudget> budget_;
};

}  // namespace ferrotunnel::plugins
