// The endpoint that is asked. It has so many questions at once, and so many that wait; what is more fails at once, or
// takes the place of one whose token has more.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/http_client.hpp"
#include "ferrotunnel/plugin.hpp"
#include "hooks/paced_count.hpp"
#include "hooks/verdict.hpp"

namespace ferrotunnel::plugins {

/// All functions but stop() may be called on any thread.
class Endpoint {
public:
    struct Options {
        std::string url;
        std::string ca_file;
        std::vector<plugin::Field> fields;
        std::vector<std::string> secrets;  // for signatures
        std::chrono::milliseconds timeout{2000};
        std::size_t connections = 16;
        std::size_t queue = 256;  // questions that wait, beside those that are asked
    };
    using Tell = std::function<void(std::int32_t level, const std::string& line)>;

    Endpoint(Options options, Tell tell);

    /// Asks for a verdict, and calls `done` with it on the endpoint's thread. One that has no place is told `done` at
    /// once, on this thread, and so is whatever else fails at once; so is one that loses its place to another question,
    /// on the thread of that one.
    void ask(Share share, Event event, const std::string& body, std::function<void(const Verdict&)> done);
    /// Tells what needs no verdict, and calls `done` with whether the endpoint has taken it (2xx), on its thread. The
    /// caller has at most notices() at once. False: not now; `done` is not called.
    bool tell(const std::string& body, std::function<void(bool)> done);
    /// How many notices go out at once, so that they leave connections to questions.
    std::size_t notices() const noexcept { return options_.connections < 8 ? 1 : options_.connections / 4; }

    /// Tells, with a pause between lines, why there is no verdict.
    void tell_failure(const std::string& why);
    std::chrono::milliseconds timeout() const noexcept { return options_.timeout; }
    /// Ends all questions; none begins any more. Control thread.
    void stop();

private:
    HttpQuestion question(const std::string& body) const;

    const Options options_;
    const std::string name_;  // the URL as the log has it
    const Tell tell_;
    PacedCount failures_;
    std::unique_ptr<HttpClient> client_;  // last: its thread uses what is above
};

}  // namespace ferrotunnel::plugins
