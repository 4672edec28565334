// Registers an HTTPS listener with its credentials and CAs from memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ferrotunnel/https.hpp"
#include "transport/credential_state.hpp"

namespace ferrotunnel::detail {

/// Rejects a replacement that the listener cannot use; is notified of each other one. Destroying it waits for a
/// replacement in progress.
class CredentialUses {
public:
    /// `changed` is called after each replacement, on the thread that replaces; it must not throw.
    CredentialUses(const Https& https, const std::function<void()>& changed);

private:
    std::vector<transport::CredentialState::Use> credentials_;
    std::vector<transport::TrustState::Use> trusts_;
};

/// Why the certificates of the settings cannot be used by visitors; empty if they can.
std::string credential_fault(const Https& https);

}  // namespace ferrotunnel::detail
