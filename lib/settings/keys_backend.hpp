// What a service in a configuration file says about its backend, beside `local`.
#pragma once

#include <optional>

#include "config/reader.hpp"
#include "settings/backend.hpp"

namespace ferrotunnel::detail {

class BackendKeys {
public:
    /// All keys, so that they are known ones.
    explicit BackendKeys(config::Section& service);

    /// False: something is wrong with a value, and was reported.
    bool read(BackendTls& tls) const;
    bool read(ProxyProtocol& proxy) const;
    /// The same for files of certificates and keys that can not be used.
    bool are_files_good(const BackendWords& words) const;
    /// The first key about TLS that is there: not for a service whose TLS is the visitor's.
    const config::Value* any_tls() const noexcept;

private:
    std::optional<config::Value> ca_;
    std::optional<config::Value> certificate_;
    std::optional<config::Value> key_;
    std::optional<config::Value> name_;
    std::optional<config::Value> insecure_;
    std::optional<config::Value> proxy_;
};

}  // namespace ferrotunnel::detail
