// Writes a line for each request that has ended, without keeping a worker waiting. plugins/request-log/README.md has
// the settings.
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
                         "description": "Where lines are appended; without it standard error."},
                "format": {"type": "string", "enum": ["json", "combined"], "default": "json",
                           "description": "JSON, or the combined format of web servers."},
                "template": {"type": "string", "minLength": 1, "maxLength": 1024,
                             "description": "A line of one's own, with places like {{status}}."},
                "fields": {"type": ["string", "array"], "items": {"type": "string"}, "maxItems": 32, "default": [],
                           "description": "Fields of requests that lines in JSON have too, such as User-Agent."},
                "notes": {"type": ["string", "array"], "items": {"type": "string"}, "maxItems": 32, "default": [],
                          "description": "Notes of other plugins that lines in JSON have too, such as auth.subject."},
                "query": {"type": "boolean", "default": false,
                          "description": "Whether the query is written, which may have secrets."},
                "mask": {"type": ["string", "array"], "items": {"type": "string"}, "maxItems": 64,
                         "default": ["Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key",
                                     "X-Auth-Token", "X-Csrf-Token"],
                         "description": "Fields of which only *** is written."},
                "queue": {"type": "integer", "minimum": 16, "maximum": 65536, "default": 1024,
                          "description": "How many lines may wait to be written, 4 KiB each; more are left out."}
            }
        })"};

    static void check(const plugin::Settings& settings);
    explicit RequestLog(const plugin::Settings& settings);
    ~RequestLog() override;

    void start() override;
    void stop() override;
    void on_close(plugin::Exchange& exchange, const plugin::Outcome& outcome) override;

    /// Lines that were left out so far, since too many waited or they could not be written. Any thread.
    std::uint64_t left_out() const noexcept { return left_out_.load(); }

private:
    void run();
    void write_all();
    void tell(const std::string& problem);

    const LineFormat format_;
    LineQueue queue_;
    LogOutput output_;
    sem_t bell_{};
    std::atomic<bool> is_rung_{false};
    std::atomic<bool> is_ending_{false};
    std::atomic<std::uint64_t> left_out_{0};
    std::uint64_t told_ = 0;  // of those left out; the thread's own, as are those below
    std::chrono::nanoseconds told_at_{0};
    std::string problem_;  // the one that was told last
    std::thread thread_;
};

}  // namespace ferrotunnel::plugins
