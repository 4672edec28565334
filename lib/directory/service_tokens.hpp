// Services that must prove a token of their own, in addition to their client's login: by name, public port or host, so
// that a login is not enough to claim any of these. An immutable value, which is replaced as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "directory/refusal.hpp"
#include "login/key.hpp"
#include "login/port_policy.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::directory {

/// One token, and the services that must prove it.
struct GuardedService {
    std::string name;                     // of the service; also matches the services of a range, and the UDP service
                                          // of `tcp+udp`
    std::vector<login::PortRange> ports;  // services that request one of these
    std::vector<std::string> hosts;       // in normal form: services that request one of these, or a pattern around one
    std::vector<login::Key> keys;         // any one of them is sufficient
};

/// How a service is reached, as far as it is known.
struct ReachedBy {
    std::string_view name;
    std::uint16_t port = 0;  // 0: none, or not known yet
    std::vector<std::string> hosts{};
};
/// From a service's description by its client. Invalid hosts are left out.
ReachedBy reached_by(const wire::Service& service);

class ServiceTokens {
public:
    ServiceTokens() = default;
    explicit ServiceTokens(std::vector<GuardedService> services) : services_(std::move(services)) {}

    bool empty() const noexcept { return services_.empty(); }

    /// Why the service is refused: it lacks the proof of a token that it needs. `client_proof`: the proof of the login.
    /// `knows`: whether the client's version supports such proofs.
    std::optional<Refusal> refuse(const ReachedBy& service, const std::optional<wire::Proof>& proof, Bytes client_proof,
                                  bool knows) const;

private:
    std::vector<GuardedService> services_;
};

}  // namespace ferrotunnel::directory
