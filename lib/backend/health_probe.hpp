// One check of a backend: connects as for a visitor, and for HTTP sends a request and reads the response.
//
//   connecting --[PROXY header]--> connected (tcp: it has passed)
//                                      '--http--> TLS, if the backend uses it --> sent --> answered
//
// The first of these ends it: the response, a failure, or the timeout.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "backend/backend.hpp"
#include "backend/health_answer.hpp"
#include "runtime/connector.hpp"
#include "runtime/poller.hpp"
#include "runtime/timer.hpp"
#include "transport/pipe.hpp"

namespace ferrotunnel::backend {

/// Lives on its worker. Destroying it ends the check without a result.
class HealthProbe final : private runtime::PollTarget {
public:
    /// Receives why the check has failed, or an empty text; called once, in a later round, and may destroy the probe.
    using Done = std::function<void(const std::string& why)>;

    /// `backend` and `terms` have to outlive this.
    HealthProbe(runtime::Worker& worker, const Backend& backend, const HealthCheckSettings& terms, Done done);
    ~HealthProbe();
    HealthProbe(const HealthProbe&) = delete;
    HealthProbe& operator=(const HealthProbe&) = delete;

private:
    void connect();
    void on_connected(std::error_code error, runtime::Fd socket);
    void on_events(std::uint32_t events) noexcept override;
    void step();
    bool send_request();
    void read();
    void take(HealthAnswer::Verdict verdict);
    void close() noexcept;
    void finish(const std::string& why);

    runtime::Worker& worker_;
    const Backend& backend_;
    const HealthCheckSettings& terms_;
    Done done_;
    runtime::Timer timer_;
    std::unique_ptr<runtime::Connector> connector_;
    std::unique_ptr<transport::Pipe> pipe_;
    bool begun_ = false;
    bool request_sent_ = false;
    HealthAnswer answer_;
};

}  // namespace ferrotunnel::backend
