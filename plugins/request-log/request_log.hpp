// Writes a line for each finished request without delaying workers. See plugins/request-log/README.md.
#pragma once

#include <semaphore.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "ferrotunnel/plugin.hpp"
#include "request-log/line_format.hpp"
#include "request-log/line_queue.hpp"
#include "request-log/log_output.hpp"

namespace ferrotunnel::plugins {

class RequestLog final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "request-log",
        .version = "1.0",
        .summary = "writes a line for each request to a file or to standard error",
        .schema = R"({
            "type": "object",
            "properties": {
                "file": {"type": "string", "format": "file",
                         "description": "File to append lines to. Default: standard error."},
                "format": {"type": "string", "enum": ["json", "combined"], "default": "json",
                           "description": "JSON, or the combined format of web servers."},
                "template": {"type": "string", "minLength": 1, "maxLength": 1024,
                             "description": "Your own line format, with placeholders like {{status}}."},
                "fields": {"type": ["string", "array"], "items": {"type": "string"}, "maxItems": 32, "default": [],
                           "description": "Request fields to add to JSON lines, such as User-Agent."},
                "notes": {"type": ["string", "array"], "items": {"type": "string"}, "maxItems": 32, "default": [],
                          "description": "Notes of other plugins to add to JSON lines, such as auth.subject."},
                "query": {"type": "boolean", "default": false,
                          "description": "Whether to write the query, which may contain secrets."},
                "mask": {"type": ["string", "array"], "items": {"type": "string"}, "maxItems": 64,
                         "default": ["Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key",
                                     "X-Auth-Token", "X-Csrf-Token"],
                         "description": "Fields whose values are written as ***."},
                "queue": {"type": "integer", "minimum": 16, "maximum": 65536, "default": 1024,
                          "description": "Number of lines that may wait, 4 KiB each; more are dropped."}
            }
        })"};

    static void check(const plugin::Settings& settings);
    explicit RequestLog(const plugin::Settings& settings);
    ~RequestLog() override;

    void start() override;
    void stop() override;
    void on_close(plugin::Exchange& exchange, const plugin::Outcome& outcome) override;

    /// The number of lines that were dropped so far, because too many waited or they could not be written. Thread-safe.
    std::uint64_t left_out() const noexcept { return left_out_.load(); }

private:
    void run();
    void write_all();
    void log_problem(const std::string& problem);

    const LineFormat format_;
    LineQueue queue_;
    LogOutput output_;
    sem_t bell_{};
    std::atomic<bool> is_rung_{false};
    std::atomic<bool> is_ending_{false};
    std::atomic<std::uint64_t> left_out_{0};
    std::uint64_t told_ = 0;  // dropped lines that were logged; only for the thread, like the next two
    std::chrono::nanoseconds told_at_{0};
    std::string problem_;  // the last one that was logged
    std::thread thread_;
};

}  // namespace ferrotunnel::plugins
