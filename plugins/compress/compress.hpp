// Compresses responses for visitors that accept it. See plugins/compress/README.md.
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
        .name = "compress", .version = "1.0", .summary = "compresses responses with brotli or gzip", .schema = R"({
            "type": "object",
            "properties": {
                "encodings": {"type": ["string", "array"], "items": {"type": "string", "enum": ["br", "gzip"]},
                              "minItems": 1, "default": ["br", "gzip"],
                              "description": "Codings to use; brotli is preferred if the visitor has no preference."},
                "gzip_level": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5,
                               "description": "1 is the fastest."},
                "brotli_level": {"type": "integer", "minimum": 1, "maximum": 6, "default": 4,
                                 "description": "1 is the fastest."},
                "min_size": {"type": "string", "format": "bytes", "formatMinimum": "1", "formatMaximum": "1GiB",
                             "default": "1KiB",
                             "description": "Responses that declare fewer bytes are not compressed."},
                "types": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 64,
                          "default": ["text/*", "application/json", "application/*+json", "application/javascript",
                                      "application/x-javascript", "application/xml", "application/*+xml",
                                      "application/x-ndjson", "application/wasm", "application/graphql",
                                      "image/svg+xml", "image/bmp", "font/ttf", "font/otf",
                                      "application/vnd.ms-fontobject"],
                          "description": "Content types to compress, such as text/* or application/*+json."},
                "memory": {"type": "string", "format": "bytes", "formatMinimum": "4MiB", "formatMaximum": "64GiB",
                           "default": "256MiB",
                           "description": "Memory limit of all concurrent compressions together."}
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

    std::vector<Offer> offers_;  // the preferred one first
    MediaTypes types_;
    std::size_t min_size_;
    std::shared_ptr<MemoryBudget> budget_;
};

}  // namespace ferrotunnel::plugins
