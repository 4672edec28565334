// Lets an HTTP service decide whether a request may pass. See plugins/forward-auth/README.md.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/http_client.hpp"
#include "common/share_keys.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

class ForwardAuth final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "forward-auth",
                                                     .version = "1.0",
                                                     .summary = "asks an HTTP service whether a request may pass",
                                                     .schema = R"({
            "type": "object",
            "required": ["url"],
            "properties": {
                "url": {"type": "string", "minLength": 1,
                        "description": "URL of the authorization service, requested with GET."},
                "ca_file": {"type": "string", "format": "file",
                            "description": "Trusted CA certificates. Default: the system's."},
                "request_headers": {"type": "array", "items": {"type": "string"},
                                    "default": ["Authorization", "Cookie"],
                                    "description": "Fields of the request that are sent to the service."},
                "response_headers": {"type": "array", "items": {"type": "string"}, "default": [],
                                     "description": "Fields of the service's response that are sent to the backend."},
                "timeout": {"type": "string", "format": "duration", "formatMinimum": "10ms", "formatMaximum": "5m",
                            "default": "2s", "description": "Time limit for the service, within the server's limit."},
                "connections": {"type": "integer", "minimum": 1, "maximum": 1024, "default": 32,
                                "description": "Maximum number of concurrent requests to the service."},
                "body_max": {"type": "string", "format": "bytes", "formatMaximum": "1MiB", "default": "64KiB",
                             "description": "Maximum size of the page that the service sends for a rejection."}
            }
        })",
                                                     .guard = true,
                                                     .fetches = true};

    /// Reports every value that cannot be used, with its place.
    static void check(const plugin::Settings& settings);
    explicit ForwardAuth(const plugin::Settings& settings);

    void stop() override;
    plugin::Decision on_request(plugin::Exchange& exchange) override;

private:
    /// The request to the authentication service about this one.
    HttpRequest http_request(const plugin::Exchange& exchange) const;
    void answered(const HttpResponse& answer, plugin::Later later);
    plugin::Decision passes(plugin::Exchange& exchange, const std::vector<plugin::Field>& fields) const;
    /// Logs an outage, at most once in ten seconds.
    void log_outage(const std::string& why);

    std::string url_;
    std::string ca_file_;
    std::vector<std::string> request_headers_;
    std::vector<std::string> response_headers_;
    std::chrono::milliseconds timeout_;
    std::size_t body_max_;
    const ShareKeys shares_;
    std::atomic<std::int64_t> next_line_{0};  // seconds of the steady clock
    std::unique_ptr<HttpClient> client_;      // last: its thread uses the members above
};

}  // namespace ferrotunnel::plugins
