// Health check over HTTP: the request, and the evaluation of the response. Sans-IO.
#pragma once

#include <string>
#include <string_view>

#include "backend/health.hpp"
#include "http/body_reader.hpp"
#include "http/response_parser.hpp"

namespace ferrotunnel::backend {

/// The request of a check. The backend closes the connection after its response.
std::string health_request(const HealthCheckSettings& terms);

class HealthAnswer {
public:
    enum class Verdict : std::uint8_t { more, healthy, unhealthy };

    /// `terms` has to outlive this.
    explicit HealthAnswer(const HealthCheckSettings& terms);

    /// Takes received bytes. After a result no more are needed.
    Verdict take(std::string_view bytes);
    /// The connection has ended.
    Verdict end();
    /// Why the backend is unhealthy.
    const std::string& why() const noexcept { return why_; }

private:
    Verdict read_head();
    Verdict read_body(std::string_view bytes);
    Verdict judge_body();
    Verdict unhealthy(std::string why);
    bool is_good(std::uint16_t status) const noexcept;

    const HealthCheckSettings& terms_;
    http::ResponseParser parser_;
    bool has_head_ = false;
    std::string bytes_;  // until the head is complete, then the body; both are bounded
    http::BodyReader body_;
    std::string why_;
};

}  // namespace ferrotunnel::backend
