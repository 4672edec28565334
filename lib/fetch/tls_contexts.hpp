// TLS contexts for external servers, kept for a while: reading the system's CAs takes milliseconds.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::fetch {

/// At most contexts_max, each for context_time, after which a changed CA file takes effect. One thread at a time.
class TlsContexts {
public:
    /// For connections to `host`, whose certificate is verified against `ca_file` (PEM), or against the system's CAs if
    /// it is empty. Throws transport::TlsConfigError.
    std::shared_ptr<transport::TlsContext> get(const std::string& host, const std::string& ca_file, TimePoint now);
    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        std::shared_ptr<transport::TlsContext> context;
        TimePoint until;
    };

    std::map<std::pair<std::string, std::string>, Entry> entries_;  // by host and CA file
};

}  // namespace ferrotunnel::fetch
